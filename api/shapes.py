"""What the API says and takes, as JSON: the only pydantic models. Times are Unix seconds."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jemput.pickup import Flag, Reason, State
from jemput.reading import Quality

NOTE_LENGTH = 500

Percent = Annotated[int, Field(ge=0, le=100)]
AtS = Annotated[int, Field(description="Unix seconds of the run's clock", examples=[1772326800])]
Note = Annotated[str, Field(max_length=NOTE_LENGTH, examples=["gerbang terkunci"])]


class Said(BaseModel):
    """What the API says."""

    model_config = ConfigDict(frozen=True)


class Taken(BaseModel):
    """What the API takes: an unknown member is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(StrEnum):
    """Whether a bin's level is known, and if not, why."""

    OK = "ok"
    SILENT = "silent"
    UNREADABLE = "unreadable"
    NEVER_HEARD = "never_heard"


class Band(StrEnum):
    """A level by the bin's own policy: below re-arm, between, or at the calling level."""

    EMPTY = "empty"
    NORMAL = "normal"
    FULL = "full"
    UNKNOWN = "unknown"


class Site(Said):
    """The haltes of one kecamatan."""

    id: str = Field(examples=["lubuk-pakam"])
    name: str = Field(examples=["Lubuk Pakam"])


class Halte(Said):
    """A collection point. Degrees, WGS 84."""

    id: str = Field(examples=["pasar-delimas"])
    name: str = Field(examples=["Pasar Delimas"])
    site: str = Field(examples=["lubuk-pakam"])
    lat: float = Field(examples=[3.5601])
    lon: float = Field(examples=[98.8712])


class OpenPickup(Said):
    """A bin's open pickup in short."""

    id: str = Field(examples=["pasar-delimas-organic-812"])
    state: State
    reason: Reason
    collector: str | None = Field(examples=["budi"])


class Bin(Said):
    """A bin as it stands."""

    id: str = Field(examples=["pasar-delimas-organic"])
    waste: str = Field(examples=["organic"])
    halte: Halte
    state: Condition
    band: Band
    level_percent: Percent | None = Field(
        description="The filtered level; null while it is unknown", examples=[78]
    )
    last_level_percent: Percent | None = Field(
        description="The last level known, also while the bin is silent", examples=[78]
    )
    call_percent: Percent = Field(description="From here on a truck is called", examples=[75])
    heard_at_s: AtS | None
    emptied_at_s: AtS | None
    battery_mv: int | None = Field(examples=[3810])
    pickup: OpenPickup | None


class Bins(Said):
    """Every bin of the town."""

    now_s: AtS
    invented: bool = Field(description="Whether the town and its readings are made up")
    sites: list[Site]
    bins: list[Bin]


class Point(Said):
    """A reading, or the mean of several."""

    at_s: AtS
    fill_percent: float | None = Field(description="As measured", examples=[81])
    level_percent: float | None = Field(description="Filtered", examples=[78])
    quality: Quality | None = Field(description="Null for a mean")


class Readings(Said):
    """Readings of a bin with from_s <= time < to_s, oldest first."""

    bin: str
    from_s: AtS
    to_s: AtS
    every_s: int | None = Field(examples=[900])
    complete: bool = Field(description="False where there are more: ask again from the last one")
    readings: list[Point]


class Evidence(Said):
    """A reading on which a decision rests."""

    device: str = Field(examples=["dev-017"])
    boot: int
    seq: int
    at_s: AtS
    fill_percent: Percent | None


class Why(Said):
    """What called the truck: the rule, its numbers, and the readings it saw."""

    rule: str = Field(examples=["fullness"])
    numbers: dict[str, int] = Field(examples=[{"level_percent": 78, "call_percent": 75}])
    evidence: list[Evidence]


class Pickup(Said):
    """A request to empty one bin."""

    id: str = Field(examples=["pasar-delimas-organic-812"])
    bin: str = Field(examples=["pasar-delimas-organic"])
    waste: str = Field(examples=["organic"])
    halte: Halte
    state: State
    reason: Reason
    collector: str | None = Field(examples=["budi"])
    collector_name: str | None = Field(examples=["Budi Santoso"])
    opened_at_s: AtS
    moved_at_s: AtS
    flag: Flag | None = Field(description="What a person has to look at")
    note: str | None
    why: Why


class Move(Said):
    """One step in a pickup's life."""

    state: State
    at_s: AtS
    by: str = Field(examples=["budi"])
    note: str | None


class PickupWithMoves(Pickup):
    """A pickup, and what became of it, oldest first."""

    moves: list[Move]


class Pickups(Said):
    """Pickups, newest first."""

    now_s: AtS
    pickups: list[Pickup]


class Town(Bins):
    """The bins and the open pickups: what a listener starts from."""

    pickups: list[Pickup]


class Now(Said):
    """The run's time."""

    now_s: AtS


class PointGeometry(Said):
    """A GeoJSON point: longitude, latitude."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float] = Field(examples=[(98.8712, 3.5601)])


class Feature(Said):
    """A bin as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: PointGeometry
    properties: Bin


class FeatureCollection(Said):
    """Every bin, for a map."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class Remark(Taken):
    """What somebody says with an act."""

    note: Note | None = None


class FailReason(StrEnum):
    """Why a bin could not be emptied."""

    NO_ACCESS = "no_access"
    CONTAMINATED = "contaminated"
    OVERLOADED = "overloaded"
    NOT_FOUND = "not_found"
    DAMAGED = "damaged"
    OTHER = "other"


class Failure(Remark):
    """Why a bin could not be emptied, and what else there is to say."""

    reason: FailReason


class Request(Remark):
    """Ask for a bin to be emptied."""

    bin: str = Field(examples=["pasar-delimas-organic"])


class Health(Said):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Standing(StrEnum):
    """How a dependency does."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class Dependency(Said):
    """One thing the API stands on. Without a needed one it cannot answer."""

    name: str = Field(examples=["database"])
    state: Standing
    needed: bool
    sentence: str = Field(examples=["answers"])
    since_s: int | None = Field(
        default=None, description="Of history: since when it is missing, Unix seconds"
    )


class Readiness(Said):
    """How the API and what it stands on do."""

    status: Standing
    dependencies: list[Dependency]


class Fault(Said):
    """One part of a request that is not understood."""

    where: str = Field(examples=["query.every"])
    message: str


class Problem(Said):
    """An error by RFC 9457. `type` is also the address of a page that explains it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str = Field(examples=["/problems/refused-move"])
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] | None = Field(default=None, description="Only of invalid-request")
