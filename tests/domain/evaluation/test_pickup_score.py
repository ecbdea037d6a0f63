"""Pickup scores that can be counted on the fingers."""

import pytest

from jemput.evaluation.pickup_score import PickupScore, score_pickups
from jemput.evaluation.series import MONTH_S
from jemput.evaluation.truth import TruthSettings
from tests.domain.evaluation.made import recorded, said

# Full from hour 1 to 4 and from 8 to 11; the 80 of hour 6 stands alone.
LEVELS = [10, 80, 80, 80, 50, 10, 80, 10, 80, 80, 90, 40]
WHOLE = TruthSettings(widths={}, default_width=1, lead_h=1, test_share=1)


def score(hours: list[float], settings: TruthSettings = WHOLE) -> PickupScore:
    return score_pickups(recorded(LEVELS), said(hours), settings)["paper"]


def test_right_doubled_false_and_late_calls() -> None:
    found = score([1, 3, 6, 9])
    assert (found.episodes, found.right, found.doubled, found.false) == (2, 2, 1, 1)
    assert (found.calls, found.missed, found.precision, found.missed_share) == (4, 0, 0.5, 0.0)
    assert found.median_delay_s == 1800  # 0 and 1 h
    assert found.bin_months == pytest.approx(11 / 730.5)
    assert found.false_per_bin_month == pytest.approx(2 / found.bin_months)


def test_an_episode_without_a_call_is_missed() -> None:
    found = score([2])
    assert (found.right, found.missed, found.missed_share, found.precision) == (1, 1, 0.5, 1.0)
    assert found.median_delay_s == 3600


def test_a_call_may_lead_the_episode_but_gains_nothing_by_it() -> None:
    found = score([7, 11])
    assert (found.right, found.doubled, found.median_delay_s) == (1, 1, 0)
    assert score([6.99]).false == 1
    assert score([11.01]).false == 1
    assert score([5], TruthSettings(widths={}, default_width=1, test_share=1)).right == 1


def test_no_calls_and_no_episodes_leave_nothing_to_divide() -> None:
    silent = score([])
    assert (silent.precision, silent.median_delay_s, silent.missed_share) == (None, None, 1.0)
    empty = score_pickups(recorded([10, 10, 10]), said([1]), WHOLE)["paper"]
    assert (empty.episodes, empty.false, empty.missed_share, empty.precision) == (0, 1, None, 0.0)
    one = score_pickups(recorded([10]), [], WHOLE)["paper"]
    assert (one.bin_months, one.false_per_bin_month) == (0, None)


def test_only_what_belongs_to_the_last_part_is_scored() -> None:
    # 12 readings, the last quarter begins at hour 9: the episode of hour 8 began before it.
    late = TruthSettings(widths={}, default_width=1, lead_h=1, test_share=0.25)
    found = score([1, 3, 6, 9, 10], late)
    assert (found.episodes, found.calls) == (0, 0)
    # The last third begins at hour 8; a call that leads its episode belongs to it, a stray one not.
    third = TruthSettings(widths={}, default_width=1, lead_h=1, test_share=1 / 3)
    found = score([6, 7, 10, 11.5], third)
    assert (found.episodes, found.right, found.doubled, found.false) == (1, 1, 1, 1)
    assert found.bin_months == pytest.approx(3 * 3600 / MONTH_S)


def test_bins_add_up_within_their_waste() -> None:
    rows = [
        *recorded(LEVELS),
        *recorded(LEVELS, bin_="b"),
        *recorded([10] * 12, bin_="c", waste="glass"),
    ]
    calls = [*said([1, 8]), *said([2.0], bin_="b"), *said([5], bin_="c")]
    found = score_pickups(rows, calls, WHOLE)
    assert list(found) == ["glass", "paper"]
    paper, glass = found["paper"], found["glass"]
    assert (paper.bins, paper.episodes, paper.right, paper.missed, paper.false) == (2, 4, 3, 1, 0)
    assert paper.bin_months == pytest.approx(22 * 3600 / MONTH_S)
    assert (glass.bins, glass.episodes, glass.false) == (1, 0, 1)


def test_a_call_of_an_unknown_bin_is_an_error_not_a_zero() -> None:
    with pytest.raises(ValueError, match="call of bin 'x', which was not recorded"):
        score_pickups(recorded(LEVELS), said([1], bin_="x"), WHOLE)
