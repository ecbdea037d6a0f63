"""Open the page as an operator and as a collector, new and again, on an old phone."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import Browser

from tests.bench import sizing
from tests.bench.page.phone import (
    BYTES_A_SECOND,
    ROUND_TRIP_MS,
    SLOWER,
    Loaded,
    phone,
    signed_in,
    visit,
)
from tests.bench.page.town import COLLECTOR, OPERATOR, PhoneTown
from tests.bench.processes import machine

USEFUL: Final = "#pickups .card"
GOAL_S: Final = 10.0
KB: Final = 1000
Visits = dict[str, list[Loaded]]


def main() -> int:
    """Run it. Returns 1 where somebody waits too long."""
    parser = argparse.ArgumentParser(prog="scripts/bench page", description=__doc__)
    parser.add_argument("--bins", type=int, default=800)
    parser.add_argument("--times", type=int, default=3, help="visits of each kind")
    parser.add_argument("--write", action="store_true", help="into docs/sizing.md")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked = parser.parse_args()
    visits: Visits = {}
    with tempfile.TemporaryDirectory(prefix="jemput-bench-") as folder:
        town = PhoneTown(Path(folder), asked.bins)
        with town.served(), phone() as browser:
            for who, name in (("operator", OPERATOR), ("collector", COLLECTOR)):
                for _ in range(asked.times):
                    _visit(browser, town, who, name, visits)
    told = _told(asked.bins, visits)
    sys.stdout.write(told + "\n")
    if asked.write:
        sizing.write("page", told)
    if asked.json:
        report = {kind: [_report(one) for one in some] for kind, some in visits.items()}
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if all(_useful_s(some) < GOAL_S for some in visits.values()) else 1


def _visit(browser: Browser, town: PhoneTown, who: str, name: str, visits: Visits) -> None:
    context = signed_in(browser, town.base, town.session(name))
    for kind in (f"{who}, the first time", f"{who}, again"):
        visits.setdefault(kind, []).append(visit(context, town.base, USEFUL))
    context.close()


def _useful_s(some: list[Loaded]) -> float:
    return median(one.useful_s for one in some)


def _told(bins: int, visits: Visits) -> str:
    rows = [
        (
            kind,
            f"{median(one.requests for one in some):.0f}",
            f"{median(one.bytes for one in some) / KB:.0f}",
            f"{median(one.shell_s for one in some):.1f}",
            f"{_useful_s(some):.1f}",
        )
        for kind, some in visits.items()
    ]
    head = ("who opens it", "requests", "kB", "frame, s", "first pickup to read, s")
    return (
        f"{bins:,} bins; chromium made {SLOWER} times slower, {BYTES_A_SECOND * 8 // 1000} kbit/s "
        f"and {ROUND_TRIP_MS} ms there and back, by its own tools; the middle of "
        f"{len(next(iter(visits.values())))} visits. {machine()}.\n\n{sizing.table(head, rows)}"
    )


def _report(one: Loaded) -> dict[str, object]:
    return asdict(one) | {"seen": sorted(one.seen)}
