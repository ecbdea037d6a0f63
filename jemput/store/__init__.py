"""The only shared I/O: the operational database and the time series, behind small classes."""
