"""A file of bins as rows of cells: CSV as spreadsheets write it, or GeoJSON points."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jemput.csv_rows import RowError, delimiter_of
from jemput.imports.bin_row import COLUMNS, NEEDED

Cells = Mapping[str, str]
_BYTE_ORDER_MARK: Final = "\ufeff"


def rows_of(text: str) -> Iterator[tuple[int, Cells]]:
    """Number and cells of each row: the header of CSV is row 1, the first point of a map is 1.

    Raises `RowError` where the file as a whole cannot be used.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    return _points(text) if text.lstrip().startswith("{") else _lines(text)


def _lines(text: str) -> Iterator[tuple[int, Cells]]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=delimiter_of(first))
    header = [name.strip().lower() for name in next(reader, [])]
    _check_columns(header)
    for cells in reader:
        if any(cells):
            texts = (cell.strip() for cell in cells)
            yield reader.line_num, dict(zip(header, texts, strict=False))


def _check_columns(header: list[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    if missing:
        remedy = f"the first line has to name at least {','.join(NEEDED)}"
        raise RowError(1, f"the header lacks {', '.join(missing)}", remedy)
    unknown = [name for name in header if name and name not in COLUMNS]
    if unknown:
        remedy = f"rename or delete it; there are: {','.join(COLUMNS)}"
        raise RowError(1, f"no column is called {unknown[0]!r}", remedy)


def _points(text: str) -> Iterator[tuple[int, Cells]]:
    try:
        features = json.loads(text)["features"]
    except (ValueError, KeyError, TypeError):
        raise RowError(1, "not GeoJSON", "give a FeatureCollection of points") from None
    for number, feature in enumerate(features, start=1):
        yield number, _cells(feature)


def _cells(feature: Any) -> Cells:  # noqa: ANN401 - JSON that somebody wrote
    """The properties as text; a feature that is no point has no position."""
    if not isinstance(feature, dict):
        return {}
    properties = feature.get("properties")
    cells = {
        str(name): "" if value is None else str(value).strip()
        for name, value in (properties if isinstance(properties, dict) else {}).items()
    }
    geometry = feature.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        place = geometry.get("coordinates")
        if isinstance(place, list) and len(place) > 1:
            cells |= {"lon": str(place[0]), "lat": str(place[1])}
    return cells
