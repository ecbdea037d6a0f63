"""Recordings: rows to readings, the same file to the same identities, and bad rows named."""

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jemput.memory import WINDOW
from jemput.payload import decode
from simulator.recorded_slot import slot_messages
from simulator.recording import (
    BOOT_READINGS,
    Recording,
    RecordingError,
    load_recording,
    read_recording,
)

HEADER = "bin,waste,at_utc,fill_percent\n"
GOOD = (
    HEADER
    + "1354_1,glass,2024-04-07 05:35:45,18\n"
    + "1354_1,glass,2024-04-07 02:35:54,16\n"
    + "North_A,paper,2024-04-07T02:35:54+00:00,100\n"
)


def why(text: str) -> list[tuple[int, str]]:
    """The bad rows of a recording with these rows."""
    return [(bad.row, bad.why) for bad in read_recording(HEADER + text).bad]


def test_a_row_becomes_a_reading_with_the_geometry_of_all() -> None:
    recording = read_recording(GOOD)

    assert [(row.device, row.seq, row.distance_mm) for row in recording.rows] == [
        ("r-1354-1", 1, 1040),
        ("r-north-a", 1, 200),
        ("r-1354-1", 2, 1020),
    ]
    assert [row.at_s for row in recording.rows] == [1712457354, 1712457354, 1712468145]
    assert recording.bad == ()


def test_bins_have_ids_of_ours_a_waste_and_a_cadence() -> None:
    first, second = read_recording(GOOD).bins

    assert (first.id, first.waste, first.device) == ("1354-1", "glass", "r-1354-1")
    assert first.cadence_s == 1712468145 - 1712457354
    assert (second.id, second.waste, second.cadence_s) == ("north-a", "paper", 3600)


def test_the_same_content_has_the_same_identities_however_it_is_packed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    plain, packed = load_recording(tmp_path / "a.csv"), load_recording(tmp_path / "b.csv.gz")

    assert plain == packed
    assert 1 <= plain.boot <= 2**31


def test_another_file_has_other_identities() -> None:
    assert read_recording(GOOD).boot != read_recording(GOOD.replace("18", "19")).boot


def test_a_long_recording_is_several_boots_each_remembered_whole() -> None:
    """Replayed again, all of it is known: nothing lies behind the memory of a device."""
    count = BOOT_READINGS + 2
    times = (datetime(2024, 4, 7, tzinfo=UTC) + timedelta(minutes=one) for one in range(count))
    recording = read_recording(HEADER + "".join(f"a,glass,{at.isoformat()},16\n" for at in times))
    first, second = recording.boot, recording.boot + 1

    assert BOOT_READINGS <= WINDOW
    assert [(row.boot, row.seq) for row in recording.rows[-3:]] == [
        (first, BOOT_READINGS),
        (second, 1),
        (second, 2),
    ]
    ((_, payload),) = slot_messages("recorded", list(recording.rows[-3:]))
    assert decode(payload).kept == ((first, BOOT_READINGS), (second, 1))


def test_the_order_of_the_columns_is_free_and_more_of_them_are_ignored() -> None:
    swapped = "note,fill_percent,at_utc,waste,bin\nx,16,2024-04-07 02:35:54,glass,a\n"

    assert [(row.device, row.distance_mm) for row in read_recording(swapped).rows] == [
        ("r-a", 1040)
    ]


def test_a_row_said_twice_is_one_reading_and_counted() -> None:
    recording = read_recording(HEADER + "a,glass,2024-04-07 02:35:54,16\n" * 3)

    assert (len(recording.rows), recording.repeated, recording.bad) == (1, 2, ())


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("a,glass,yesterday,16", "'yesterday' is no time: write it as 2024-04-07 02:35:54"),
        ("a,glass,1931-04-07 02:35:54,16", "outside 1970 to 2106: correct the year"),
        ("a,glass,2024-04-07 02:35:54,101", "'101' is no level: write a whole percent"),
        ("a,glass,2024-04-07 02:35:54,-1", "'-1' is no level"),
        ("a,glass,2024-04-07 02:35:54,16.5", "'16.5' is no level"),
        ("a,glass,2024-04-07 02:35:54,", "'' is no level"),
        ("a,glass,2024-04-07 02:35:54", "fewer fields than the first row"),
        (",glass,2024-04-07 02:35:54,16", "bin '' is no name: use 1 to 30 of"),
        (f"{'x' * 31},glass,2024-04-07 02:35:54,16", "is no name: use 1 to 30 of"),
        ("a,,2024-04-07 02:35:54,16", "waste '' is no name"),
    ],
)
def test_a_bad_row_is_listed_with_its_number_and_does_not_stop_the_rest(
    row: str, told: str
) -> None:
    text = f"b,glass,2024-04-07 02:35:54,16\n{row}\nb,glass,2024-04-07 05:35:54,20\n"
    ((number, reason),) = why(text)

    assert number == 3
    assert told in reason
    assert len(read_recording(HEADER + text).rows) == 2


def test_rows_that_contradict_an_earlier_one_are_bad() -> None:
    told = why(
        "a_1,glass,2024-04-07 02:35:54,16\n"
        "a_1,glass,2024-04-07 02:35:54,17\n"
        "a.1,glass,2024-04-07 03:35:54,17\n"
        "a_1,paper,2024-04-07 04:35:54,17\n"
    )

    assert [number for number, _ in told] == [3, 4, 5]
    assert "an earlier row of this bin and time says 16: keep one" in told[0][1]
    assert "bin 'a.1' becomes 'a-1', as 'a_1' did: rename one" in told[1][1]
    assert "bin 'a_1' held 'glass' before: rename one" in told[2][1]


def test_a_bad_row_takes_no_sequence() -> None:
    text = "a,glass,2024-04-07 02:35:54,16\na,glass,bad,16\na,glass,2024-04-07 05:35:54,20\n"

    assert [row.seq for row in read_recording(HEADER + text).rows] == [1, 2]


@pytest.mark.parametrize("content", [b"", b"bin,waste\n1,2\n", b"\xff\xfe\x00", b"\x1f\x8bxx"])
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)

    with pytest.raises(RecordingError, match=r"no column|cannot be read"):
        load_recording(tmp_path / "x.csv")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"nothing\.csv cannot be read"):
        load_recording(tmp_path / "nothing.csv")


def test_slots_hold_what_belongs_together_and_empty_ones_are_left_out() -> None:
    rows = "".join(
        f"{bin_},glass,2024-04-07 {hour:02d}:{minute:02d}:00,16\n"
        for bin_, hour, minute in [("a", 2, 0), ("b", 2, 59), ("a", 3, 0), ("a", 20, 30)]
    )
    recording: Recording = read_recording(HEADER + rows)

    assert [[row.device for row in slot] for slot in recording.slots(3600)] == [
        ["r-a", "r-b"],
        ["r-a"],
        ["r-a"],
    ]
