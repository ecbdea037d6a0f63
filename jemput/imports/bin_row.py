"""One row of a file of bins: a bin, where it stands, and what hangs on it."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from jemput.bin_types import BIN_TYPES
from jemput.csv_rows import BadCellError
from jemput.geometry import BadGeometryError, Geometry
from jemput.ids import BadIdError, check_id

COLUMNS: Final = (
    *("bin", "waste", "halte", "halte_name", "site", "site_name", "lat", "lon"),
    *("bin_type", "empty_mm", "full_mm", "blind_mm", "cadence_s"),
    *("call_percent", "rearm_percent", "device"),
)
NEEDED: Final = ("bin", "waste", "halte", "site")
OFTEN_S: Final = 600
_Value = TypeVar("_Value")


class BinRow(Struct, frozen=True):
    """A row that can be used. None means: leave it as it is."""

    bin: str
    waste: str
    halte: str
    site: str
    geometry: Geometry | None
    cadence_s: int | None = None
    halte_name: str | None = None
    site_name: str | None = None
    position: tuple[float, float] | None = None
    call_percent: int | None = None
    rearm_percent: int | None = None
    device: str | None = None


def read_bin_row(cells: Mapping[str, str]) -> BinRow:
    """Read the cells of a row by their columns. Raises `BadCellError` at the first bad one."""
    for column in NEEDED:
        if not cells.get(column):
            raise BadCellError(f"{column} is empty", "every bin needs it")
    return BinRow(
        bin=_id("bin", cells["bin"]),
        waste=_id("waste", cells["waste"]),
        halte=_id("halte", cells["halte"]),
        site=_id("site", cells["site"]),
        geometry=_geometry(cells),
        cadence_s=_optional(cells, "cadence_s", _whole),
        halte_name=cells.get("halte_name") or None,
        site_name=cells.get("site_name") or None,
        position=_position(cells),
        call_percent=_optional(cells, "call_percent", _whole),
        rearm_percent=_optional(cells, "rearm_percent", _whole),
        device=_optional(cells, "device", _id),
    )


def _geometry(cells: Mapping[str, str]) -> Geometry | None:
    """Measured distances outrank the catalogue; a row without either changes no geometry."""
    of_type = _optional(cells, "bin_type", _bin_type)
    measured = [_optional(cells, name, _whole) for name in ("empty_mm", "full_mm", "blind_mm")]
    if of_type is None and measured[0] is None and measured[1] is None:
        return None
    usual = (of_type.empty_mm, of_type.full_mm, of_type.blind_mm) if of_type else (None, None, 0)
    empty_mm, full_mm, blind_mm = (
        known if one is None else one for one, known in zip(measured, usual, strict=True)
    )
    if empty_mm is None or full_mm is None:
        raise BadCellError("only one of empty_mm and full_mm is given", "give both, or a bin_type")
    try:
        return Geometry(empty_mm, full_mm, blind_mm or 0)
    except BadGeometryError as error:
        raise BadCellError("the distances fit no bin", str(error)) from error


def _position(cells: Mapping[str, str]) -> tuple[float, float] | None:
    lat, lon = _optional(cells, "lat", _degrees), _optional(cells, "lon", _degrees)
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise BadCellError("only one of lat and lon is given", "give both, or neither")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - degrees
        wrong = f"{lat}, {lon} is no place on Earth"
        raise BadCellError(wrong, "lat is -90 to 90, lon -180 to 180; are they swapped?")
    return lat, lon


def _optional(
    cells: Mapping[str, str], column: str, read: Callable[[str, str], _Value]
) -> _Value | None:
    text = cells.get(column, "")
    return read(column, text) if text else None


def _id(column: str, text: str) -> str:
    try:
        return check_id(column, text)
    except BadIdError as error:
        raise BadCellError(
            f"{column} {text!r} is no id", "use 1 to 32 of a-z, 0-9 and '-'"
        ) from error


def _whole(column: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise BadCellError(f"{column} {text!r} is no whole number", "write digits only") from None
    if number < 0:
        raise BadCellError(f"{column} is {number}", "nothing here is below 0")
    return number


def _degrees(column: str, text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise BadCellError(f"{column} {text!r} is no number", "write degrees as 3.5601") from None


def _bin_type(_: str, text: str) -> Geometry:
    found = BIN_TYPES.get(text)
    if found is None:
        raise BadCellError(f"no bin_type is called {text!r}", f"there are: {', '.join(BIN_TYPES)}")
    return found
