"""Rows of a CSV file by the names of their columns; a bad one does not stop the rest."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

DELIMITERS: Final = ",;\t"
"""Where the comma is a decimal sign, spreadsheets write semicolons."""
_BYTE_ORDER_MARK = "\ufeff"
_T = TypeVar("_T")


class BadCellError(ValueError):
    """What is `wrong` in a row, and the `remedy`; which row it is, the reader knows."""

    def __init__(self, wrong: str, remedy: str) -> None:
        """Take two half sentences for people."""
        super().__init__(f"{wrong}; {remedy}")
        self.wrong = wrong
        self.remedy = remedy


class RowError(ValueError):
    """A row that cannot be used: `row` (the header is 1), what is `wrong`, and the `remedy`."""

    def __init__(self, row: int, wrong: str, remedy: str) -> None:
        """Take the row's number and two half sentences for people."""
        super().__init__(f"row {row}: {wrong}; {remedy}")
        self.row = row
        self.wrong = wrong
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Parsed(Generic[_T]):
    """The usable rows in the file's order, what is wrong with others, how many came again."""

    rows: tuple[_T, ...]
    errors: tuple[RowError, ...]
    duplicates: int


def read_rows(
    lines: Iterable[str], columns: Sequence[str], take: Callable[[Sequence[str]], _T | None]
) -> Parsed[_T]:
    """Give `take` the fields of `columns` of each row; it returns None for a duplicate.

    Every line is one row. Raises `RowError` when the header cannot be used: then no row can.
    """
    remaining = iter(lines)
    first = next(remaining, "")
    delimiter = delimiter_of(first)
    width, places = _header(first, columns, delimiter)
    rows: list[_T] = []
    errors: list[RowError] = []
    duplicates = 0
    for number, line in enumerate(remaining, start=2):
        if not line.strip():
            continue
        try:
            row = take(_cells(_fields(line, delimiter), width, places))
        except BadCellError as error:
            errors.append(RowError(number, error.wrong, error.remedy))
            continue
        if row is None:
            duplicates += 1
        else:
            rows.append(row)
    return Parsed(tuple(rows), tuple(errors), duplicates)


def delimiter_of(header: str) -> str:
    """What stands between the columns of a file that begins so."""
    return max(DELIMITERS, key=header.count)


def _header(line: str, columns: Sequence[str], delimiter: str) -> tuple[int, list[int]]:
    """Return how many fields a row has, and the places of `columns` among them."""
    remedy = f"the first line has to name {','.join(columns)}"
    try:
        names = [
            name.strip().lower() for name in _fields(line.removeprefix(_BYTE_ORDER_MARK), delimiter)
        ]
    except BadCellError as error:
        raise RowError(1, error.wrong, remedy) from error
    missing = [column for column in columns if column not in names]
    if missing:
        raise RowError(1, f"the header lacks {', '.join(missing)}", remedy)
    return len(names), [names.index(column) for column in columns]


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise BadCellError(f"not CSV ({error})", "delete the row") from error


def _cells(fields: Sequence[str], width: int, places: Sequence[int]) -> list[str]:
    if len(fields) != width:
        wrong = f"{len(fields)} fields where the header has {width}"
        raise BadCellError(wrong, "complete the row or delete it")
    return [fields[place].strip() for place in places]
