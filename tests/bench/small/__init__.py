"""A thousand bins on an old PC: what the whole of it takes of memory, processor and disk."""

from tests.bench.small.command import main

__all__ = ["main"]
