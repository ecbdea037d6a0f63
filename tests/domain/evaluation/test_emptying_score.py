"""Emptying scores that can be counted on the fingers."""

import pytest

from jemput.evaluation.emptying_score import EmptyingScore, score_emptyings
from jemput.evaluation.series import MONTH_S
from jemput.evaluation.truth import TruthSettings
from tests.domain.evaluation.made import emptied, recorded, said

HOURS = 101  # one reading each; the last 40 % begin at hour 61
WHOLE = TruthSettings(test_share=1)


def score(
    emptied_h: list[float], detected_h: list[float], settings: TruthSettings = WHOLE
) -> EmptyingScore:
    rows = recorded([10] * HOURS)
    return score_emptyings(rows, emptied(emptied_h), said(detected_h), settings)["paper"]


def test_right_false_and_missed() -> None:
    found = score([20, 50, 80], [22, 35, 84])
    assert (found.emptyings, found.right, found.false, found.missed) == (3, 2, 1, 1)
    assert (found.detections, found.precision, found.recall, found.f1) == (3, 2 / 3, 2 / 3, 2 / 3)
    assert found.median_delay_s == 3 * 3600
    assert found.bin_months == pytest.approx(100 * 3600 / MONTH_S)
    assert found.false_per_bin_month == pytest.approx(1 / found.bin_months)


@pytest.mark.parametrize(("hour", "right"), [(18.9, 0), (19, 1), (28, 1), (28.1, 0)])
def test_a_detection_counts_from_1_h_before_to_8_h_after(hour: float, right: int) -> None:
    found = score([20], [hour])
    assert (found.right, found.false) == (right, 1 - right)


def test_a_repeat_within_6_h_does_not_count_and_a_later_one_is_false() -> None:
    assert score([20], [20, 22, 25.9]).detections == 1
    again = score([20], [20, 26])
    assert (again.right, again.false) == (1, 1)
    # What did not count does not push the next one away.
    assert score([20, 27], [20, 24, 27]).right == 2


def test_one_detection_is_not_two_emptyings() -> None:
    found = score([20, 22], [23])
    assert (found.right, found.missed, found.median_delay_s) == (1, 1, 3 * 3600)


def test_only_what_belongs_to_the_last_part_is_scored() -> None:
    found = score([20, 60, 90], [20, 40, 62, 70, 90], TruthSettings())
    # 62 belongs to the emptying of hour 60, before the test part, so it is neither right nor false.
    assert (found.emptyings, found.right, found.false) == (1, 1, 1)
    # One that comes an hour early belongs to its emptying, though the test part begins in between.
    early = score([61.5], [60.6], TruthSettings())
    assert (early.emptyings, early.right, early.median_delay_s) == (1, 1, -0.9 * 3600)


def test_bins_without_readings_are_left_out_and_others_add_up() -> None:
    rows = [*recorded([10] * HOURS), *recorded([10] * HOURS, bin_="b")]
    emptyings = [*emptied([20]), *emptied([20], bin_="b"), *emptied([20], bin_="elsewhere")]
    found = score_emptyings(rows, emptyings, said([20]), WHOLE)["paper"]
    assert (found.bins, found.emptyings, found.right, found.missed) == (2, 2, 1, 1)
    with pytest.raises(ValueError, match="emptying of bin 'elsewhere', which was not recorded"):
        score_emptyings(rows, emptyings, said([20], bin_="elsewhere"), WHOLE)


def test_nothing_emptied_and_nothing_detected() -> None:
    found = score([], [])
    assert (found.precision, found.recall, found.f1, found.median_delay_s) == (None,) * 4
