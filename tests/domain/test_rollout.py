"""A release goes to a few first, and no further where they do not come back."""

from typing import Final

import pytest

from jemput.remote.rollout import FAILED, Course, Judged, Stages, Verdict, judge, stages
from jemput.remote.status import Status

NOW_S: Final = 1_790_000_000
WAITED: Final = [["d-1", "d-2"], ["d-3"]]


def runs(release: int) -> Status:
    return Status(1, "asleep", release=release)


def judged(said: dict[str, Status], stage: int = 0, after_s: int = 0) -> Judged:
    return judge(Course(7, stage, NOW_S, 3600), WAITED, said, NOW_S + after_s)


def test_a_few_first_then_five_times_as_many_and_whoever_is_silent_at_the_end() -> None:
    heard = {f"d-{number:02}": NOW_S - number for number in range(20)}

    found = stages({**heard, "lost": NOW_S - 90_000, "new": None}, NOW_S, 3)

    assert [len(one) for one in found.waited] == [3, 15, 2]
    assert found.silent == ["lost", "new"]
    assert stages({"new": None}, NOW_S) == Stages([], ["new"])


def test_it_widens_once_all_of_a_stage_run_it_for_good() -> None:
    trying = Status(1, "asleep", release=7, update=(7, "on-trial", 0))

    assert judged({"d-1": runs(7)}).verdict is Verdict.WAIT
    assert judged({"d-1": runs(7), "d-2": trying}).verdict is Verdict.WAIT
    assert judged({"d-1": runs(7), "d-2": runs(7)}).verdict is Verdict.WIDER
    assert judged({"d-1": runs(7), "d-2": runs(7)}, stage=1).verdict is Verdict.WAIT
    everybody = {"d-1": runs(7), "d-2": runs(7), "d-3": runs(7)}
    assert judged(everybody, stage=1).verdict is Verdict.DONE


@pytest.mark.parametrize("word", sorted(FAILED))
def test_it_stops_at_the_first_that_does_not_take_it(word: str) -> None:
    said = {"d-1": runs(7), "d-2": Status(1, "asleep", release=6, update=(7, word, 0))}

    assert judged(said) == Judged(Verdict.STOP, f"d-2: {word}")


def test_what_became_of_another_release_is_no_reason() -> None:
    said = {"d-1": runs(7), "d-2": Status(1, "asleep", release=5, update=(6, "rolled-back", 0))}

    assert judged(said).verdict is Verdict.WAIT


def test_it_stops_where_some_are_not_back_in_time() -> None:
    assert judged({"d-1": runs(7)}, after_s=3599).verdict is Verdict.WAIT
    assert judged({"d-1": runs(7)}, after_s=3600) == Judged(Verdict.STOP, "did not come back: d-2")


def test_with_nobody_to_wait_for_it_is_done() -> None:
    assert judge(Course(7, 0, NOW_S, 3600), [], {}, NOW_S).verdict is Verdict.DONE
