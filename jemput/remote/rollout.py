"""A release on its way: a few devices first, more once those came back, or no more at all. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from jemput.remote.status import Status

FIRST: Final = 3
GROWS: Final = 5
FRESH_S: Final = 86_400
PATIENCE_S: Final = 86_400
_MOST_NAMED: Final = 5
_LACKING: Final = frozenset({"no-key", "no-memory", "no-room"})
_WRONG: Final = frozenset({"bad-hash", "bad-list", "bad-mac", "old", "too-large", "unreadable"})
FAILED: Final = _LACKING | _WRONG | {"rolled-back"}
"""Words of a device that will not run the release by itself."""


class Verdict(StrEnum):
    """What becomes of a rollout."""

    WAIT = "wait"
    WIDER = "wider"
    DONE = "done"
    STOP = "stop"


class Course(NamedTuple):
    """How far a rollout is: its release, the stage that is open, since when and until when."""

    number: int
    stage: int
    opened_s: int
    patience_s: int


class Judged(NamedTuple):
    """The verdict, and why in words for people."""

    verdict: Verdict
    why: str = ""


class Stages(NamedTuple):
    """Devices by stage, and those that nobody heard lately: told at the end, and not waited for."""

    waited: list[list[str]]
    silent: list[str]


def stages(heard_s: Mapping[str, int | None], now_s: int, first: int = FIRST) -> Stages:
    """Of devices and when each was heard: `first`, then five times as many each time."""
    fresh = sorted(
        one for one, at_s in heard_s.items() if at_s is not None and now_s - at_s <= FRESH_S
    )
    silent = sorted(set(heard_s) - set(fresh))
    waited, size = [], first
    while fresh:
        waited.append(fresh[:size])
        fresh, size = fresh[size:], size * GROWS
    return Stages(waited, silent)


def judge(
    course: Course, waited: Sequence[Sequence[str]], said: Mapping[str, Status], now_s: int
) -> Judged:
    """What becomes of it: `waited` are devices by stage, `said` their last statuses."""
    is_open = [one for stage in waited[: course.stage + 1] for one in stage]
    failed = [(one, word) for one in is_open if (word := _failed(course.number, said.get(one)))]
    if failed:
        named = "; ".join(f"{one}: {word}" for one, word in failed[:_MOST_NAMED])
        return Judged(Verdict.STOP, named)
    missing = [one for one in is_open if not runs(course.number, said.get(one))]
    if not missing:
        is_last = course.stage >= len(waited) - 1
        return Judged(Verdict.DONE if is_last else Verdict.WIDER)
    if now_s - course.opened_s < course.patience_s:
        return Judged(Verdict.WAIT)
    return Judged(Verdict.STOP, f"did not come back: {', '.join(missing[:_MOST_NAMED])}")


def runs(number: int, said: Status | None) -> bool:
    """Whether a device runs a release for good."""
    return said is not None and said.release == number and said.update is None


def _failed(number: int, said: Status | None) -> str:
    if said is None or said.update is None:
        return ""
    release, word, _ = said.update
    return word if release == number and word in FAILED else ""
