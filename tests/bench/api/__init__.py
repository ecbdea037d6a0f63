"""How fast the API answers over ten thousand bins while readings arrive."""

from tests.bench.api.command import main

__all__ = ["main"]
