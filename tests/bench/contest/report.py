"""What came of it: a table for people, a line for programs."""

from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from tests.bench.contest.contender import Contender
from tests.bench.contest.runs import Outcome, percentile

P99: Final = 0.99
_HEAD: Final = (
    "| | CPU-s per million, saturated | at 5,000/s | messages/s | p99 stored, s | peak MB "
    "| lost after kill -9 |\n|---|---|---|---|---|---|---|"
)


@dataclass(slots=True)
class Scores:
    """All runs of one contender."""

    contender: Contender
    saturated: list[Outcome] = field(default_factory=list)
    at_rate: list[Outcome] = field(default_factory=list)
    lost: int = 0

    def numbers(self) -> dict[str, float | int | None]:
        """Medians over the rounds."""
        stored = [percentile(one.stored_s, P99) for one in self.at_rate]
        return {
            "cpu_s_per_million": _middle([one.cpu_s_per_million for one in self.saturated]),
            "cpu_s_per_million_5k": _middle([one.cpu_s_per_million for one in self.at_rate]),
            "msgs_per_s": _middle([one.msgs_per_s for one in self.saturated]),
            "p99_stored_s": _middle([one for one in stored if one is not None]),
            "peak_mb": _middle([one.peak_mb for one in (*self.saturated, *self.at_rate)]),
            "lost_after_kill": self.lost,
        }


def result(scores: list[Scores]) -> dict[str, Any]:
    """The line for programs."""
    return {
        "contenders": {one.contender.name: one.numbers() for one in scores},
        "p99_alert_s": _p99_alert_s(scores),
    }


def table(scores: list[Scores]) -> str:
    """The table for people, in Markdown."""
    rows = [f"| {one.contender.title} | {_cells(one)} |" for one in scores]
    alert_s = _p99_alert_s(scores)
    said = "not measured" if alert_s is None else f"{alert_s} s"
    words = f"Deciding reading to the collector's app at 5,000 messages a second, p99: {said}."
    return "\n".join([_HEAD, *rows, "", words])


def _p99_alert_s(scores: list[Scores]) -> float | None:
    worst = [percentile(run.alert_s, P99) for one in scores for run in one.at_rate]
    return _middle([one for one in worst if one is not None])


def _cells(scores: Scores) -> str:
    return " | ".join("-" if one is None else f"{one:,}" for one in scores.numbers().values())


def _middle(values: list[float]) -> float | None:
    if not values:
        return None
    middle = median(values)
    return round(middle, 2 if middle < 10 else 1 if middle < 1000 else None)
