"""Let a town of a thousand bins live for some minutes, reckon a month, and say what it took."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.bench import sizing
from tests.bench.processes import machine
from tests.bench.small.disk import COUNTED_H, HISTORY_DAYS, SAMPLE, Month, month
from tests.bench.small.living import Lived, live
from tests.bench.small.town import SmallTown

MOST_PSS_MB: Final = 700
"""Of a machine of 1 GB, which has a system of its own."""
MOST_CPU_PERCENT: Final = 10.0


def main() -> int:
    """Run it. Returns 1 where it is not comfortable."""
    parser = argparse.ArgumentParser(prog="scripts/bench small", description=__doc__)
    parser.add_argument("--bins", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=5, help="so long it lives")
    parser.add_argument("--faster", type=float, default=1, help="readings come so much faster")
    parser.add_argument("--write", action="store_true", help="into docs/sizing.md")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jemput-bench-") as folder:
        town = SmallTown(Path(folder) / "town", asked.bins)
        lived = asyncio.run(live(town, asked.minutes * 60, asked.faster))
        town.engine.dispose()
    kept = month(asked.bins)
    told = _told(asked.bins, lived, kept)
    sys.stdout.write(told + "\n")
    if asked.write:
        sizing.write("small", told)
    if asked.json:
        sys.stdout.write(json.dumps(_report(lived, kept)) + "\n")
    is_small = lived.whole.pss_mb < MOST_PSS_MB and lived.percent(lived.whole) < MOST_CPU_PERCENT
    return 0 if is_small else 1


def _told(bins: int, lived: Lived, kept: Month) -> str:
    rows = [
        (name, f"{one.rss_mb:.0f}", f"{one.pss_mb:.0f}", f"{lived.percent(one):.1f}")
        for name, one in {**lived.processes, "**all**": lived.whole}.items()
    ]
    memory = sizing.table(("process", "RSS, MB", "PSS, MB", "CPU, % of one core"), rows)
    disk = sizing.table(
        ("30 days of the database", "MB"),
        [
            ("journal (`JEMPUT_JOURNAL_KEEP_DAYS` bounds it)", f"{kept.journal:.0f}"),
            ("history of readings (stays)", f"{kept.history:.0f}"),
            ("pickups and their alerts, where nobody accepts any (stay)", f"{kept.pickups:.0f}"),
            ("daily snapshots (pruned with the journal)", f"{kept.snapshots:.0f}"),
            ("**all**", f"{kept.whole:.0f}"),
        ],
    )
    rate = "the true rate" if lived.faster == 1 else f"{lived.faster:g} times the true rate"
    return (
        f"{bins:,} bins, a reading in ten minutes, at {rate} for {lived.seconds / 60:.0f} minutes "
        f"({lived.readings:,} readings); every device connects by TLS, is told that it was kept, "
        f"and leaves; one page listens, another asks every ten seconds. {machine()}.\n\n"
        f"{memory}\n\n"
        f"Reckoned from {COUNTED_H} hours of journal, a reading an entry, and {HISTORY_DAYS} days "
        f"of history, of {min(bins, SAMPLE)} bins; {kept.readings:,} readings in 30 days.\n\n"
        f"{disk}"
    )


def _report(lived: Lived, kept: Month) -> dict[str, object]:
    processes = {
        name: {"rss_mb": one.rss_mb, "pss_mb": one.pss_mb, "cpu_percent": lived.percent(one)}
        for name, one in {**lived.processes, "all": lived.whole}.items()
    }
    return {
        "seconds": lived.seconds,
        "faster": lived.faster,
        "readings": lived.readings,
        "processes": processes,
        "month_mb": kept._asdict() | {"whole": kept.whole},
    }
