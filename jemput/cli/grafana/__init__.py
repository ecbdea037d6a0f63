"""`jemput grafana`: our boards in a Grafana that somebody runs."""
