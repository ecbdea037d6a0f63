"""Foreign files become typed rows, and what is wrong with a row is said with its number."""

import pytest

from jemput.csv_rows import RowError
from jemput.evaluation.recording import Emptying, Row, read_emptyings, read_recording

HEADER = "bin,waste,at_utc,fill_percent"
GOOD = "1354_1,glass,2024-04-07 02:35:54,16"
GOOD_ROW = Row("1354-1", "glass", 1_712_457_354, 16)


def test_a_row_becomes_ours() -> None:
    parsed = read_recording([HEADER + "\n", GOOD + "\n"])
    assert parsed.rows == (GOOD_ROW,)
    assert (parsed.errors, parsed.duplicates) == ((), 0)


@pytest.mark.parametrize(
    "time",
    [
        "2024-04-07T02:35:54Z",
        "2024-04-07 02:35:54+00:00",
        "2024-04-07 02:35:54.9",
        "2024-04-07 09:35:54+07:00",
    ],
)
def test_a_time_with_an_offset_is_the_same_moment(time: str) -> None:
    assert read_recording([HEADER, f"1354_1,glass,{time},16"]).rows == (GOOD_ROW,)


def test_foreign_ids_become_ours() -> None:
    (row,) = read_recording([HEADER, "Halte 7/_B,Restmüll,2024-04-07 02:35:54,16"]).rows
    assert (row.bin, row.waste) == ("halte-7-b", "restm-ll")


def test_a_spreadsheets_semicolons_and_tabs_are_understood() -> None:
    for sign in ";\t":
        lines = [line.replace(",", sign) for line in (HEADER, GOOD)]
        assert read_recording(lines).rows == (GOOD_ROW,)


def test_columns_are_found_by_name_and_blank_lines_do_not_count() -> None:
    lines = [
        "\ufeffFill_Percent,note,at_utc, waste,bin",
        "",
        '16,"a, b",2024-04-07 02:35:54,glass,1354_1',
        "  ",
    ]
    parsed = read_recording(lines)
    assert (parsed.rows, parsed.errors) == ((GOOD_ROW,), ())


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("b,glass,2024-04-07 02:35:54", "3 fields where the header has 4"),
        ("b,glass,2024-04-07 02:35:54,16,x", "5 fields where the header has 4"),
        ("b,glass,07.04.2024,16", "'07.04.2024' is not a time"),
        ("b,glass,,16", "'' is not a time"),
        ("b,glass,1969-12-31 23:59:59,16", "'1969-12-31 23:59:59' is outside 1970 to 2106"),
        ("b,glass,9999-12-31 23:59:59,16", "'9999-12-31 23:59:59' is outside 1970 to 2106"),
        ("b,glass,0001-01-01 00:00:00+14:00,16", "'0001-01-01 00:00:00+14:00' is outside"),
        ("b,glass,2024-04-07 02:35:54,101", "'101' is not a level"),
        ("b,glass,2024-04-07 02:35:54,-1", "'-1' is not a level"),
        ("b,glass,2024-04-07 02:35:54,nan", "'nan' is not a level"),
        ("b,glass,2024-04-07 02:35:54,16.5", "'16.5' is not a level"),
        ("b,glass,2024-04-07 02:35:54,²", "'²' is not a level"),
        (f"{'b' * 33},glass,2024-04-07 02:35:54,16", f"bin '{'b' * 33}' is no name"),
        (",glass,2024-04-07 02:35:54,16", "bin '' is no name"),
        ("b,,2024-04-07 02:35:54,16", "waste '' is no name"),
        ("1354_1,paper,2024-04-07 03:35:54,16", "bin '1354-1' holds 'paper' here and 'glass' "),
        ("1354.1,glass,2024-04-07 03:35:54,16", "bin '1354.1' becomes '1354-1', as '1354_1' did"),
        (
            "1354_1,glass,2024-04-07 02:35:54,17",
            "other numbers than an earlier row of this bin and time",
        ),
        ("b,glass,2024-04-07 02:35:54,1\r6", "not CSV"),
    ],
)
def test_a_bad_row_is_told_with_its_number_and_stops_nothing(row: str, wrong: str) -> None:
    parsed = read_recording([HEADER, GOOD, row, "c,paper,2024-04-07 02:35:54,100"])
    assert parsed.rows == (GOOD_ROW, Row("c", "paper", 1_712_457_354, 100))
    (error,) = parsed.errors
    assert (error.row, error.wrong[: len(wrong)]) == (3, wrong)
    assert error.remedy in str(error)
    assert str(error).startswith(f"row 3: {wrong}")


def test_the_same_row_again_is_counted_and_dropped() -> None:
    again = "1354_1,glass,2024-04-07T02:35:54Z,016"
    parsed = read_recording([HEADER, GOOD, GOOD, again, "c,glass,2024-04-07 02:35:54,16"])
    assert [row.bin for row in parsed.rows] == ["1354-1", "c"]
    assert (parsed.duplicates, parsed.errors) == (2, ())


@pytest.mark.parametrize("lines", [[], ["bin,waste,at_utc,fill"], ["a;b"], [GOOD]])
def test_without_a_usable_header_nothing_is_read(lines: list[str]) -> None:
    with pytest.raises(RowError, match=r"row 1: the header lacks .*fill_percent; the first line"):
        read_recording(lines)


def test_emptyings_are_read_with_their_offsets() -> None:
    header = "bin,waste,at_utc,previous_at_utc,before_percent,after_percent"
    row = "1354_1,glass,2024-04-09 06:23:33+00:00,2024-04-09 06:20:29+00:00,22.5,8.0"
    parsed = read_emptyings([header, row, row, row.replace("22.5", "nan"), row[:-3] + "9"])
    assert parsed.rows == (Emptying("1354-1", "glass", 1_712_643_813, 1_712_643_629, 22.5, 8.0),)
    assert parsed.duplicates == 1
    assert [(e.row, e.wrong) for e in parsed.errors] == [
        (4, "'nan' is not a level"),
        (5, "other numbers than an earlier row of this bin and time"),
    ]
