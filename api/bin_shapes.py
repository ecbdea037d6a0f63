"""Bins as JSON: how one is set up, and what makes or changes one."""

from typing import Annotated, Final

from pydantic import Field

from api.shapes import AtS, Bin, Bins, Percent, Said, Taken
from api.things import FromS, Id, Next, Own, RetiredAt, Threshold, example, left

LONGEST_MM: Final = 20_000
LONGEST_CADENCE_S: Final = 7 * 86_400

Millimetres = Annotated[int, Field(strict=True, ge=0, le=LONGEST_MM)]
Cadence = Annotated[int, Field(strict=True, ge=1, le=LONGEST_CADENCE_S, examples=[600])]


class Measures(Taken):
    """Distances from the sensor: to the empty bottom, and to the rim of full."""

    model_config = example(empty_mm=1100, full_mm=150)

    empty_mm: Millimetres
    full_mm: Millimetres
    blind_mm: Millimetres = 0


class BinType(Said):
    """A common bin, for whoever cannot measure theirs yet."""

    id: str = Field(examples=["wheelie-240"])
    geometry: Measures


class BinTypes(Said):
    """The catalogue."""

    bin_types: list[BinType]


class Setup(Said):
    """How a bin is set up: now, or at the time that was asked for."""

    geometry: Measures
    geometry_from_s: AtS
    device: str | None = Field(description="What hangs on it", examples=["dev-017"])
    cadence_s: int
    rearm_percent: Percent
    own_call_percent: Own
    own_rearm_percent: Own
    retired_at_s: RetiredAt


class BinInTown(Bin):
    """A bin as it stands, and how it is set up."""

    setup: Setup


class BinPage(Bins):
    """Bins as they stand; all of them where no `limit` was asked for."""

    bins: list[BinInTown]  # type: ignore[assignment]  # narrower, and frozen
    next: Next


class NewBin(Taken):
    """A bin to be made: measured, or of a type of the catalogue."""

    model_config = example(
        id="pasar-delimas-organic", halte="pasar-delimas", waste="organic", bin_type="wheelie-240"
    )

    id: Id
    halte: Id
    waste: Id
    bin_type: Id | None = None
    geometry: Measures | None = None
    cadence_s: Cadence = 600
    call_percent: Threshold | None = None
    rearm_percent: Threshold | None = None


class BinChange(Taken):
    """What is to change of a bin; what is left out stays. Null takes a threshold back."""

    model_config = example(geometry={"empty_mm": 1080, "full_mm": 150}, from_s=1772326800)

    halte: Id = Field(default_factory=left)
    waste: Id = Field(default_factory=left)
    bin_type: Id = Field(default_factory=left)
    geometry: Measures = Field(default_factory=left)
    cadence_s: Cadence = Field(default_factory=left)
    call_percent: Threshold | None = None
    rearm_percent: Threshold | None = None
    from_s: FromS = Field(
        default_factory=left, description="From when on the new geometry holds; else from now on"
    )


class RefusedRow(Said):
    """A row that was not taken. The header of CSV is row 1, the first point of a map is 1."""

    row: int = Field(examples=[17])
    wrong: str = Field(examples=["halte pasar is new and has no position"])
    remedy: str = Field(examples=["give lat and lon"])


class Imported(Said):
    """What became of a file."""

    dry_run: bool
    changed: int = Field(examples=[790])
    unchanged: int = Field(examples=[0])
    refused: list[RefusedRow]
