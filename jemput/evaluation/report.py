"""Scores as a table for people and as a dict for JSON."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from jemput.evaluation.emptying_score import EmptyingScore
from jemput.evaluation.pickup_score import PickupScore

Figures: TypeAlias = dict[str, int | float | None]

_PICKUP_HEAD: Final = (
    "pickups",
    "bins",
    "episodes",
    "calls",
    "precision",
    "false per bin-month",
    "missed",
    "median delay",
)
_EMPTYING_HEAD: Final = (
    "emptyings",
    "bins",
    "emptied",
    "detected",
    "precision",
    "recall",
    "F1",
    "false per bin-month",
    "median delay",
)
_GAP: Final = "  "


def table(pickups: Mapping[str, PickupScore], emptyings: Mapping[str, EmptyingScore]) -> str:
    """Return both scores per waste in aligned columns, without a newline at the end.

    A table without a waste is left out; '-' stands where a share has nothing to be a share of.
    """
    parts = []
    if pickups:
        parts.append(_aligned(_PICKUP_HEAD, [_pickup_line(w, s) for w, s in pickups.items()]))
    if emptyings:
        parts.append(_aligned(_EMPTYING_HEAD, [_emptying_line(w, s) for w, s in emptyings.items()]))
    return "\n\n".join(parts)


def as_dict(
    pickups: Mapping[str, PickupScore], emptyings: Mapping[str, EmptyingScore]
) -> dict[str, dict[str, Figures]]:
    """Return every figure, unrounded, as `{"pickups": {waste: {}}, "emptyings": {waste: {}}}`."""
    return {
        "pickups": {waste: _pickup_figures(score) for waste, score in pickups.items()},
        "emptyings": {waste: _emptying_figures(score) for waste, score in emptyings.items()},
    }


def _pickup_figures(score: PickupScore) -> Figures:
    return {
        "bins": score.bins,
        "bin_months": score.bin_months,
        "episodes": score.episodes,
        "calls": score.calls,
        "right": score.right,
        "false": score.false,
        "doubled": score.doubled,
        "missed": score.missed,
        "precision": score.precision,
        "false_per_bin_month": score.false_per_bin_month,
        "missed_share": score.missed_share,
        "median_delay_s": score.median_delay_s,
    }


def _emptying_figures(score: EmptyingScore) -> Figures:
    return {
        "bins": score.bins,
        "bin_months": score.bin_months,
        "emptyings": score.emptyings,
        "detections": score.detections,
        "right": score.right,
        "false": score.false,
        "missed": score.missed,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "false_per_bin_month": score.false_per_bin_month,
        "median_delay_s": score.median_delay_s,
    }


def _pickup_line(waste: str, score: PickupScore) -> tuple[str, ...]:
    return (
        waste,
        str(score.bins),
        str(score.episodes),
        str(score.calls),
        _share(score.precision),
        _share(score.false_per_bin_month),
        _share(score.missed_share),
        _hours(score.median_delay_s),
    )


def _emptying_line(waste: str, score: EmptyingScore) -> tuple[str, ...]:
    return (
        waste,
        str(score.bins),
        str(score.emptyings),
        str(score.detections),
        _share(score.precision),
        _share(score.recall),
        _share(score.f1),
        _share(score.false_per_bin_month),
        _hours(score.median_delay_s),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _hours(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds / 3600:.1f} h"


def _aligned(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Align words to the left and figures to the right."""
    columns = list(zip(head, *lines, strict=True))
    widths = [max(map(len, column)) for column in columns]
    rows = zip(*columns, strict=True)
    return "\n".join(_row(row, widths) for row in rows)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    name, *figures = cells
    padded = [text.rjust(width) for text, width in zip(figures, widths[1:], strict=True)]
    return _GAP.join([name.ljust(widths[0]), *padded])
