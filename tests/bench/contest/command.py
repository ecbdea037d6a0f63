"""`scripts/bench contest`: what it is told, and the order in which it runs."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench import sizing
from tests.bench.contest.caches import cache
from tests.bench.contest.contender import Contender, SkippedError
from tests.bench.contest.flooding import Load
from tests.bench.contest.node_red import NodeRed
from tests.bench.contest.ours import Ours
from tests.bench.contest.python_scripts import AIOMQTT, PAHO
from tests.bench.contest.report import Scores, result, table
from tests.bench.contest.runs import lost_after_kill, run
from tests.bench.contest.telegraf import Telegraf

PAGE: Final = Path(__file__).parents[3] / "docs" / "performance.md"
DEVICES: Final = 10_000
RATE: Final = 5_000
SATURATED_S: Final = 12
AT_RATE_S: Final = 14
KILLED_S: Final = 6


def main() -> int:
    """Measure. Returns the process's exit code."""
    told = _parser().parse_args()
    with tempfile.TemporaryDirectory(dir=cache("runs")) as folder:
        scores = _contest(Path(folder), told)
    text = table(scores)
    sys.stderr.write(f"\n{text}\n")
    if told.write:
        sizing.write("contest", text, PAGE)
    if told.json:
        sys.stdout.write(f"{json.dumps(result(scores))}\n")
    return 0


def _contest(folder: Path, told: argparse.Namespace) -> list[Scores]:
    begun_s = time.monotonic()
    everybody: list[Contender] = [
        Ours(folder, told.devices),
        Telegraf(),
        AIOMQTT,
        PAHO,
        NodeRed(),
    ]
    wanted = [one for one in everybody if not told.only or one.name in told.only]
    scores = [one for one in map(_prepared, wanted) if one is not None]
    number = 0
    for turn in range(told.rounds):
        for kind, seconds, rate in (("saturated", SATURATED_S, 0), ("at 5,000/s", AT_RATE_S, RATE)):
            for score in scores:
                number += 1
                per_s = min(score.contender.per_s, rate or score.contender.per_s)
                count = max(1, int(per_s * seconds * told.scale))
                load = Load(count, told.devices, rate)
                outcome = run(score.contender, load, folder / f"run-{number}")
                (score.at_rate if rate else score.saturated).append(outcome)
                said = f"{outcome.cpu_s_per_million:.1f} CPU-s a million"
                said += f", {outcome.msgs_per_s:,.0f}/s, {outcome.stored} of {count}"
                where = f"round {turn + 1}, {kind}"
                _progress(begun_s, f"{where}: {score.contender.name}: {said}")
    for score in scores:
        number += 1
        rate = min(RATE, score.contender.per_s)
        load = Load(max(1, int(rate * KILLED_S * told.scale)), told.devices, rate)
        score.lost = lost_after_kill(score.contender, load, folder / f"run-{number}")
        _progress(begun_s, f"killed: {score.contender.name}: {score.lost} of {load.count} lost")
    return scores


def _prepared(contender: Contender) -> Scores | None:
    sys.stderr.write(f"preparing {contender.name}\n")
    try:
        contender.prepare()
    except SkippedError as error:
        sys.stderr.write(f"skipped: {contender.name}: {error}\n")
        return None
    return Scores(contender)


def _progress(begun_s: float, text: str) -> None:
    sys.stderr.write(f"[{time.monotonic() - begun_s:4.0f} s] {text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench contest",
        description="Measure ours beside Telegraf, aiomqtt, paho and Node-RED. About ten minutes.",
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders alone")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--devices", type=int, default=DEVICES, help="how many speak")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1: a tenth of the messages")
    return parser
