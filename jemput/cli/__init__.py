"""The `jemput` command; the one place that may import everything."""
