"""The page on a slow phone: bytes, and how long until there is something to read."""

from tests.bench.page.command import main

__all__ = ["main"]
