"""Ask each panel's query of a real InfluxDB that holds a day of 10,000 bins and a month."""

import argparse
import asyncio
import json
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from dashboards.board import Board
from dashboards.boards import BOARDS
from dashboards.queries import Influxql
from jemput.store.influx import Influx, InfluxTarget, WriteFailedError
from jemput.summary import SLOT_S
from tests.bench import sizing
from tests.bench.grafana.town import HOT, Town
from tests.bench.processes import machine, taken
from tests.dashboards.grafana import Asking, influx_series
from tests.influx_servers import NAMED, SERVERS, made_where_it_may, reached
from tests.servers import InfluxDb

GOAL_MS: Final = 500
LINES_AT_ONCE: Final = 5000
POINTS_WIDE: Final = 1000
"""So many points a panel asks for: the interval is its time through that."""
UNITS_S: Final = {"h": 3600, "d": 86_400}
DAY_S: Final = 86_400


@dataclass(frozen=True)
class Asked:
    """One query of a panel, how long it took each time, and what it took of the processor.

    The latter is None of a server that is not ours; it says what a busy machine hides.
    """

    board: str
    panel: str
    ref: str
    rows: int
    ms: tuple[float, ...]
    cpu_ms: float | None

    @property
    def median_ms(self) -> float:
        """What is held against the goal."""
        return statistics.median(self.ms)


def main() -> int:
    """Run it. Returns 1 where a query takes longer than the goal, or brings nothing."""
    parser = argparse.ArgumentParser(prog="scripts/bench grafana", description=__doc__)
    parser.add_argument("--bins", type=int, default=10_000, help="of the day, every 10 minutes")
    parser.add_argument("--month-bins", type=int, default=1000, help="of the month, each hour")
    parser.add_argument("--times", type=int, default=5, help="how often each is asked")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jemput-bench-")))
        server = NAMED if NAMED in SERVERS else "own"
        own = None if server == NAMED else stack.enter_context(InfluxDb(folder / "influxdb"))
        target = stack.enter_context(reached(server, own))
        towns = _towns(asked.bins, asked.month_bins)
        filled = asyncio.run(_fill(target, towns))
        sys.stderr.write(f"{filled}\n")
        answers = list(_asked(target, towns, asked.times, own.pid if own else None))
    sys.stdout.write(_told(answers, towns) + "\n")
    good = all(one.rows and one.median_ms < GOAL_MS for one in answers)
    if asked.json:
        sys.stdout.write(json.dumps(_report(answers, towns, good=good)) + "\n")
    return 0 if good else 1


def _towns(bins: int, month_bins: int) -> list[tuple[Town, int]]:
    """The month, and the day that ends it; hours of each."""
    mark, now_s = f"-{secrets.token_hex(3)}", int(time.time()) // 3600 * 3600
    return [
        (Town(month_bins, 3600, now_s - 30 * DAY_S, f"-m{mark}"), 30 * 24 - 1),
        (Town(bins, SLOT_S, now_s - DAY_S, f"-d{mark}"), 24),
    ]


async def _fill(target: InfluxTarget, towns: list[tuple[Town, int]]) -> str:
    influx, began_s = await Influx.open(await made_where_it_may(target)), time.monotonic()
    for town, hours in towns:
        lines = town.lines(hours)
        # In a thread: folding for long would keep answers from being heard in time.
        while body := await asyncio.to_thread(_joined, lines):
            await _written(influx, body)
    await influx.close()
    readings = sum(town.readings for town, _ in towns)
    return f"{readings:,} readings in {time.monotonic() - began_s:.0f} s"


def _joined(lines: Iterator[bytes]) -> bytes:
    return b"\n".join(islice(lines, LINES_AT_ONCE))


async def _written(influx: Influx, body: bytes) -> None:
    """Tried again: the same bytes are the same points."""
    for wait_s in (1, 5, 25):
        try:
            await influx.write(body)
        except WriteFailedError as error:
            if not error.retry:
                raise
            await asyncio.sleep(wait_s)
        else:
            return
    await influx.write(body)


def _asked(
    target: InfluxTarget, towns: list[tuple[Town, int]], times: int, pid: int | None
) -> Iterator[Asked]:
    for board in BOARDS:
        asking = _asking(board, towns)
        for name, ref, text in _texts(board):
            ms, rows, before_s = [], 0, taken(pid).cpu_s if pid else 0.0
            for _ in range(times):
                began = time.perf_counter()
                series = influx_series(target, asking.fill(text))
                ms.append((time.perf_counter() - began) * 1000)
                rows = sum(len(one["values"]) for one in series)
            cpu_ms = (taken(pid).cpu_s - before_s) * 1000 / times if pid else None
            yield Asked(board.key, name, ref, rows, tuple(ms), cpu_ms)


def _texts(board: Board) -> Iterator[tuple[str, str, str]]:
    """Lists at the top, marks, and panels: name, letter and InfluxQL of each query."""
    for choice in board.choices:
        yield f"list {choice.name}", "A", choice.query
    for name, query in board.marks:
        yield f"marks of {name}", "A", query
    for panel in board.panels():
        for ref, asked in zip("ABCDEFGH", panel.queries, strict=False):
            if isinstance(asked, Influxql):
                yield panel.key, ref, asked.text


def _asking(board: Board, towns: Iterable[tuple[Town, int]]) -> Asking:
    """As a browser opens the board: its own range, everything chosen, or one bin."""
    found = re.fullmatch(r"now-(\d+)([hd])", board.since)
    assert found is not None
    range_s, to_s = int(found[1]) * UNITS_S[found[2]], int(time.time())
    interval_s = max(SLOT_S, range_s // POINTS_WIDE)
    sites = tuple(site for town, _ in towns for site in town.sites)
    one = next(iter(towns))[0].bins[HOT]
    chosen = (("site", sites), ("bin", one)) if NAMED in SERVERS else (("bin", one),)
    return Asking((to_s - range_s) * 1000, to_s * 1000, interval_s, chosen)


def _told(answers: list[Asked], towns: list[tuple[Town, int]]) -> str:
    rows = [
        (
            one.board,
            one.panel + (f" {one.ref}" if one.ref != "A" else ""),
            f"{one.rows:,}",
            f"{one.median_ms:.0f}",
            f"{max(one.ms):.0f}",
            "" if one.cpu_ms is None else f"{one.cpu_ms:.0f}",
            "" if one.rows and one.median_ms < GOAL_MS else "no",
        )
        for one in answers
    ]
    head = ("board", "panel", "rows", "median, ms", "most, ms", "processor, ms", "in time")
    (month, _), (day, _) = towns
    return (
        f"A day of {len(day.bins):,} bins, a reading in 10 minutes, and a month of "
        f"{len(month.bins):,}, one each hour; each query as its board opens. {machine()}.\n\n"
        f"{sizing.table(head, rows)}"
    )


def _report(
    answers: list[Asked], towns: list[tuple[Town, int]], *, good: bool
) -> dict[str, object]:
    return {
        "bins": len(towns[1][0].bins),
        "month_bins": len(towns[0][0].bins),
        "goal_ms": GOAL_MS,
        "goals_met": good,
        "slowest_ms": round(max(one.median_ms for one in answers), 1),
        "queries": {
            f"{one.board}/{one.panel}/{one.ref}": {
                "rows": one.rows,
                "median_ms": round(one.median_ms, 1),
                "most_ms": round(max(one.ms), 1),
                "cpu_ms": one.cpu_ms and round(one.cpu_ms, 1),
            }
            for one in answers
        },
    }
