"""How long each panel's query takes over a town of ten thousand bins and a month."""

from tests.bench.grafana.command import main

__all__ = ["main"]
