"""A device's rate over time: when it is over, when no longer, and who is forgotten."""

from ingest.rates import Rates
from tests.integration.test_station_rates import NOW_MS, reasons, spoken


def test_a_clock_that_goes_back_leaves_what_was_still_allowed() -> None:
    rates = Rates(burst=2, per_s=1)
    rates.sort(spoken("d-b1", 1), NOW_MS)

    assert reasons(rates.sort(spoken("d-b1", 2), NOW_MS - 60_000)[0]) == [None]
    assert reasons(rates.sort(spoken("d-b1", 3), NOW_MS - 60_000)[0]) == ["rate"]


def test_a_flood_is_over_once_half_is_back_and_the_next_is_told_again() -> None:
    rates = Rates(burst=4, per_s=1)
    _, first = rates.sort(spoken("d-b1", *range(1, 6)), NOW_MS)
    judged, meanwhile = rates.sort(spoken("d-b1", 6, 7), NOW_MS + 1000)
    _, next_one = rates.sort(spoken("d-b1", *range(8, 14)), NOW_MS + 60_000)

    assert reasons(judged) == [None, "rate"]
    assert [len(one) for one in (first, meanwhile, next_one)] == [1, 0, 1]


def test_who_was_quiet_longest_is_forgotten_and_nobody_else() -> None:
    rates = Rates(burst=2, per_s=1, most_devices=2)
    for device in ("d-1", "d-2", "d-3"):
        rates.sort(spoken(device, 1, 2), NOW_MS)

    assert reasons(rates.sort(spoken("d-3", 3), NOW_MS)[0]) == ["rate"]
    assert reasons(rates.sort(spoken("d-2", 3), NOW_MS)[0]) == ["rate"]
    assert reasons(rates.sort(spoken("d-1", 3), NOW_MS)[0]) == [None]
