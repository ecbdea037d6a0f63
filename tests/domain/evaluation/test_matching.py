"""One moment per window, the earliest that is free."""

from jemput.evaluation.matching import Window, match


def test_both_ends_of_a_window_belong_to_it() -> None:
    found = match([Window(10, 20), Window(30, 40)], [9, 10, 40, 41])
    assert found.met_at_s == (10, 40)
    assert found.stray == (9, 41)
    assert found.again == ()


def test_a_second_moment_is_told_with_its_window() -> None:
    found = match([Window(0, 5), Window(10, 20)], [18, 12, 13])
    assert found.met_at_s == (None, 12)
    assert found.again == ((13, 1), (18, 1))


def test_where_windows_overlap_the_earliest_free_one_is_met() -> None:
    found = match([Window(0, 10), Window(5, 15)], [6, 7, 8, 12])
    assert found.met_at_s == (6, 7)
    assert found.again == ((8, 0), (12, 1))


def test_nothing_expected_or_nothing_said() -> None:
    assert match([], [3]).stray == (3,)
    assert match([Window(0, 1)], []).met_at_s == (None,)
