"""Sinks follow the journal, each at its own pace: the embedded history, InfluxDB."""
