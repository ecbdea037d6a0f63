"""One noun per file; every path is written out where it is served."""
