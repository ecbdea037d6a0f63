"""Sums of ten minutes: what they count, and that they are the same whoever follows."""

from msgspec.structs import replace

from jemput.points import place_at
from jemput.reading import Quality, Reading
from jemput.summary import SLOT_MS, SLOT_S, Summary
from tests.integration.sink_journal import made

PLACE = place_at("coblong", "organic", 75)
SLOT = 1_790_000_000 // SLOT_S
AT_S = SLOT * SLOT_S


def reading(level: int | None, seq: int = 1, **fields: object) -> Reading:
    changed = {"at_s": AT_S, "level_percent": level, "fill_percent": level, **fields}
    return replace(made(seq), **changed)


def told(summary: Summary, now_s: int) -> list[str]:
    return summary.over(now_s * 1000)


def test_a_slot_is_told_once_it_is_over() -> None:
    summary = Summary(AT_S * 1000, is_beginning=True)
    summary.add(reading(80, rssi_dbm=-70, battery_mv=3500), PLACE)
    summary.add(reading(96, rssi_dbm=-60, battery_mv=3900), PLACE)
    summary.add(reading(10, fill_percent=60, rssi_dbm=None, battery_mv=None), PLACE)
    summary.add(reading(None, quality=Quality.NO_ECHO, battery_mv=None), PLACE)

    assert told(summary, AT_S + SLOT_S - 1) == []
    (line,) = told(summary, AT_S + SLOT_S)
    assert told(summary, AT_S + SLOT_S) == told(summary, AT_S + 5 * SLOT_S) == []

    tags, fields, time_ns = line.split(" ")
    assert tags == "summary,site=coblong,waste=organic"
    found = dict(one.split("=") for one in fields.split(","))
    assert found["readings"] == "4i"
    assert (found["levels"], found["level_sum"]) == ("3i", "186i")
    assert (found["above_call"], found["overflowing"], found["ghosts"]) == ("2i", "1i", "1i")
    assert (found["batteries"], found["battery_sum"]) == ("2i", "7400i")
    assert found["battery_min"] == "3500i"
    assert (found["signals"], found["rssi_sum"], found["rssi_min"]) == ("2i", "-130i", "-70i")
    assert (found["no_echo"], found["tilted"]) == ("1i", "0i")
    assert int(time_ns) // 10**9 == AT_S


def test_what_nobody_measured_is_not_there() -> None:
    summary = Summary(AT_S * 1000, is_beginning=True)
    summary.add(reading(80, rssi_dbm=None, battery_mv=None), PLACE)

    (line,) = told(summary, AT_S + SLOT_S)

    assert "battery_min" not in line
    assert "rssi_min" not in line


def test_what_comes_late_stands_beside_what_was_told() -> None:
    summary = Summary(AT_S * 1000, is_beginning=True)
    summary.add(reading(80), PLACE)
    (first,) = told(summary, AT_S + SLOT_S)
    summary.add(reading(80), PLACE)
    summary.add(reading(80, at_s=AT_S + SLOT_S), PLACE)
    late, second = told(summary, AT_S + 2 * SLOT_S)

    times = [int(one.rsplit(" ", 1)[1]) for one in (first, late, second)]
    assert [at // 10**9 - AT_S for at in times] == [0, 0, SLOT_S]
    assert len(set(times)) == 3


def test_a_slot_that_was_not_followed_from_its_beginning_is_not_told() -> None:
    summary = Summary(AT_S * 1000 + SLOT_MS // 2, is_beginning=False)
    summary.add(reading(80), PLACE)

    assert told(summary, AT_S + SLOT_S) == []
    summary.add(reading(80, at_s=AT_S + SLOT_S), PLACE)
    assert len(told(summary, AT_S + 2 * SLOT_S)) == 1
