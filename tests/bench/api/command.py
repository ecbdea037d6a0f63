"""Ask everything that a town of ten thousand bins is asked, and print how long it took."""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench import sizing
from tests.bench.api.asking import Asker, Took, repeat
from tests.bench.api.town import DAY_S, DAYS, LONG_S, BigTown, bin_of
from tests.bench.processes import machine, taken
from tests.servers.process import wait_until

PAUSE_S: Final = 0.05
QUIET_S: Final = 10.0
FLOOD_S: Final = 600
PAGE: Final = 100
KB: Final = 1000
LIST_GOAL_MS: Final = 100
HISTORY_GOAL_MS: Final = 150


def main() -> int:
    """Run it. Returns 1 where a goal was not met."""
    parser = argparse.ArgumentParser(prog="scripts/bench api", description=__doc__)
    parser.add_argument("--bins", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=1000, help="readings a second")
    parser.add_argument("--times", type=int, default=300, help="questions of each kind")
    parser.add_argument("--write", action="store_true", help="into docs/sizing.md")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jemput-bench-") as folder:
        town = BigTown(Path(folder), asked.bins, remembered=min(100, asked.bins))
        with town.served(), town.flooded(asked.rate, FLOOD_S):
            report = _measured(town, asked.times)
        town.engine.dispose()
    told = _told(report)
    sys.stdout.write(told + "\n")
    if asked.write:
        sizing.write("api", told)
    if asked.json:
        sys.stdout.write(json.dumps(report) + "\n")
    return 0 if report["goals_met"] else 1


def _told(report: dict[str, Any]) -> str:
    rows = [
        (
            name,
            *(f"{one[key]:.0f}" for key in ("p50_ms", "p99_ms", "most_ms", "cpu_ms")),
            f"{one['sent_bytes'] / KB:.1f}",
            f"{one['json_bytes'] / KB:.1f}",
        )
        for name, one in report["answers"].items()
    ]
    head = ("question", "p50, ms", "p99, ms", "most, ms", "CPU, ms", "sent, kB", "JSON, kB")
    return (
        f"{report['bins']:,} bins; one client asks {report['times']} times, with pauses, while "
        f"{report['readings_per_s']:.0f} readings a second are taken by the ingester beside it. "
        "Milliseconds to the last byte; CPU is what the API took of a core for one answer, and "
        f"for what went on meanwhile. {machine()}.\n\n{sizing.table(head, rows)}"
    )


def _measured(town: BigTown, times: int) -> dict[str, Any]:
    asker, took = Asker(town.api_port, town.key), dict[str, Took]()
    wait_until(lambda: _answers(asker), LONG_S, "the API's start")
    begun_s, before = time.monotonic(), town.readings()

    def many(name: str, path: Callable[[], str], times: int, *, packed: bool = True) -> None:
        with _timed(town, took, name) as one:
            repeat(times, PAUSE_S, lambda: asker.ask(path(), one, packed=packed))

    with _timed(town, took, "whole list, the first time") as first:
        asker.ask("/v1/bins", first)
    many("whole list", lambda: "/v1/bins", times)
    many("whole list, not packed", lambda: "/v1/bins", times // 3, packed=False)
    many("first page of 100", lambda: f"/v1/bins?limit={PAGE}", times)
    many("100 by level", lambda: f"/v1/bins?limit={PAGE}&sort=-level_percent", times)
    where = "waste=organic&site=site-3&level_min=50"
    many("100 of a waste and site, half full", lambda: f"/v1/bins?limit={PAGE}&{where}", times)
    _walk(town, asker, took, max(1, times // 100))
    many("one bin", lambda: f"/v1/bins/{_some(town.bins)}", times)
    from_s = int(time.time()) - DAYS * DAY_S
    many(
        "30 days of one bin",
        lambda: f"/v1/bins/{_some(town.remembered)}/readings?from={from_s}",
        times,
    )
    with _timed(town, took, "the town, live: its first picture") as seen:
        repeat(max(3, times // 15), PAUSE_S, lambda: asker.snapshot(seen))
    with _timed(town, took, "whole list, 10 s after the last") as late:
        asking = partial(_ask_anew, town, late)
        repeat(max(3, times // 50), QUIET_S, asking)
    seconds = time.monotonic() - begun_s
    return {
        "bins": town.bins,
        "times": times,
        "readings_per_s": round((town.readings() - before) / seconds, 1),
        "answers": {name: one.told() for name, one in took.items()},
        "goals_met": took["whole list"].percentile(99) < LIST_GOAL_MS
        and took["30 days of one bin"].percentile(99) < HISTORY_GOAL_MS,
    }


def _walk(town: BigTown, asker: Asker, took: dict[str, Took], times: int) -> None:
    """Every page of a hundred, from the first to the last."""
    with (
        _timed(town, took, "any page of 100, by cursor") as pages,
        _timed(town, took, "all pages, one after the other") as whole,
    ):
        for _ in range(times):
            began, path = time.perf_counter(), f"/v1/bins?limit={PAGE}"
            while path:
                cursor = json.loads(asker.ask(path, pages))["next"]
                path = cursor and f"/v1/bins?limit={PAGE}&cursor={cursor}"
            whole.ms.append((time.perf_counter() - began) * 1000)


@contextmanager
def _timed(town: BigTown, took: dict[str, Took], name: str) -> Iterator[Took]:
    """One kind of question, and what the API's processor did meanwhile."""
    one, before_s = Took(name), taken(town.pids["api"]).cpu_s
    yield one
    one.cpu_s = taken(town.pids["api"]).cpu_s - before_s
    took[name] = one


def _ask_anew(town: BigTown, took: Took) -> None:
    """By a new connection: a server closes one that says nothing for so long."""
    Asker(town.api_port, town.key).ask("/v1/bins", took)


def _some(most: int) -> str:
    return bin_of(random.randrange(most))  # noqa: S311 - any bin will do


def _answers(asker: Asker) -> bool:
    try:
        asker.ask("/v1/session", Took("start"))
    except OSError:
        return False
    return True
