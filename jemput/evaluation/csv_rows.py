"""Rows of a CSV file by the names of their columns; what is wrong with one does not stop the rest."""

import csv
from collections.abc import Iterable, Iterator, Sequence

_BYTE_ORDER_MARK = "\ufeff"


class RowError(ValueError):
    """A row that cannot be used: `row` (the header is 1), what is `wrong`, and the `remedy`."""

    def __init__(self, row: int, wrong: str, remedy: str) -> None:
        """Take the row's number and two half sentences for people."""
        super().__init__(f"row {row}: {wrong}; {remedy}")
        self.row = row
        self.wrong = wrong
        self.remedy = remedy


type Cells = tuple[str, ...]


def read_cells(lines: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    """Yield (row number, the fields of `columns` in that order); every line is one row.

    A row with too few or too many fields comes with no cells, blank lines do not come at all.
    Raises `RowError` when the header lacks a column: then no row can be read.
    """
    places: list[int] = []
    width = 0
    for number, line in enumerate(lines, start=1):
        fields = _split(line)
        if number == 1:
            places, width = _places(fields, columns), len(fields)
        elif fields:
            fits = len(fields) == width
            yield number, tuple(fields[at].strip() for at in places) if fits else ()


def _split(line: str) -> list[str]:
    try:
        return next(csv.reader([line.removeprefix(_BYTE_ORDER_MARK)]), [])
    except csv.Error:  # a field beyond csv's limit, a carriage return inside
        return [line]


def _places(header: list[str], columns: Sequence[str]) -> list[int]:
    names = [name.strip().lower() for name in header]
    missing = [column for column in columns if column not in names]
    if missing:
        wrong = f"the header lacks {', '.join(missing)}"
        raise RowError(1, wrong, f"the first line has to name {','.join(columns)}")
    return [names.index(column) for column in columns]
