"""When a bin was full, on series short enough to do by hand."""

import pytest

from jemput.evaluation.series import by_bin
from jemput.evaluation.truth import Episode, TruthSettings, centred_medians, episodes
from tests.domain.evaluation.made import at, recorded

AS_IT_IS = TruthSettings(widths={}, default_width=1)


def spans(levels: list[int], settings: TruthSettings, waste: str = "paper") -> list[Episode]:
    return list(episodes(by_bin(recorded(levels, waste=waste))["a"], settings))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([10, 75, 75, 55, 54], [(1, 4)]),  # from 75 twice until below 55
        ([10, 75, 74, 75, 74], []),  # never twice
        ([74, 74, 74, 10], []),
        ([75, 75, 60, 75, 75, 10], [(0, 5)]),  # 60 does not end it
        ([75, 75, 10, 75, 75, 10], [(0, 2), (3, 5)]),
        ([10, 80, 80, 80], [(1, 3)]),  # open at the end of the recording
        ([10, 80, 10, 80], []),  # one full reading at the end is not two
    ],
)
def test_an_episode_lasts_from_theta_twice_until_below_rearm(
    levels: list[int], expected: list[tuple[int, int]]
) -> None:
    found = [Episode(at(start), at(end)) for start, end in expected]
    assert spans(levels, AS_IT_IS) == found


def test_the_median_looks_both_ways_and_shrinks_at_the_ends() -> None:
    assert centred_medians([10, 100, 20, 30, 90], 3) == [55, 20, 30, 30, 60]
    assert centred_medians([10, 100, 20, 30, 90], 1) == [10, 100, 20, 30, 90]
    assert centred_medians([10, 100, 20, 30, 90], 5) == [20, 25, 30, 60, 30]


def test_each_waste_has_its_own_width() -> None:
    spike = [10, 10, 10, 80, 80, 10, 10, 10, 10]  # two readings: a median of 3 keeps them, of 5 not
    assert len(spans(spike, TruthSettings(), waste="paper")) == 1
    assert spans(spike, TruthSettings(), waste="plastic") == []
    assert spans(spike, TruthSettings(), waste="organic") == []  # the default width is 5
    assert len(spans(spike, TruthSettings(default_width=3), waste="organic")) == 1


def test_rows_need_not_come_in_order() -> None:
    rows = recorded([10, 75, 75, 55, 54])
    assert by_bin(reversed(rows)) == by_bin(rows)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rearm": 75}, "rearm 75 has to be below theta 75"),
        ({"test_share": 0}, "test_share 0 has to be above 0"),
        ({"test_share": 1.1}, "test_share 1.1 has to be"),
        ({"default_width": 4}, "odd width, not 4"),
        ({"widths": {"paper": 0}}, "odd width, not 0"),
    ],
)
def test_numbers_that_define_nothing_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TruthSettings(**settings)  # type: ignore[arg-type]
