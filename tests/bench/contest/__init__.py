"""Side by side in one run: ours with every guarantee on, and what people use instead.

    flood ──▶ broker ──▶ contender ──▶ adapter ──▶ InfluxDB

Each run has a new broker and a new database; rounds are interleaved, and a median counts.
Counted is the CPU of the contender's processes alone.
"""

from tests.bench.contest.command import main

__all__ = ["main"]
