"""Nothing lost, nothing doubled: faults on purpose, and a verdict from outside the ingester."""
