"""The registry as JSON: what the town has, as it is said and as it is taken."""

from typing import Annotated, Any, Final, cast

from pydantic import ConfigDict, Field

from api.shapes import AtS, Said, Taken
from jemput.ids import ID_PATTERN
from jemput.things import Channel, Grouping, Language

LATEST_S: Final = 32_503_680_000
"""The year 3000: what is above is milliseconds, or a slip."""
MOST: Final = 10_000

Id = Annotated[str, Field(pattern=f"^{ID_PATTERN}$", examples=["pasar-delimas"])]
Name = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["Pasar Delimas"]),
]
Wave = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["07:00"])]
Lat = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False, examples=[3.5583])]
Lon = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False, examples=[98.8721])]
Threshold = Annotated[int, Field(strict=True, ge=1, le=100)]
FromS = Annotated[
    int,
    Field(strict=True, ge=0, le=LATEST_S, description="Unix seconds", examples=[1772326800]),
]
Url = Annotated[
    str,
    Field(max_length=2000, pattern=r"^https?://[!-~]+$", examples=["https://example.org/jemput"]),
]
Secret = Annotated[str, Field(min_length=8, max_length=200, pattern=r"^[!-~]+$")]
Channels = Annotated[list[Channel], Field(max_length=3, examples=[["mqtt"]])]
USUAL_CHANNELS: Final[tuple[Channel, ...]] = ("log", "mqtt")
Own = Annotated[Threshold | None, Field(description="Its own; null where others decide")]
RetiredAt = Annotated[AtS | None, Field(description="Since when it is out of use")]
Next = Annotated[
    str | None, Field(description="The `cursor` of the next page; null where this is the last")
]


def left() -> Any:  # noqa: ANN401 - of any type
    """What is not given, and so left as it is."""
    return cast("Any", None)


def example(**members: object) -> ConfigDict:
    """A body as somebody would send it."""
    return ConfigDict(
        frozen=True, extra="forbid", json_schema_extra={"examples": [cast("Any", members)]}
    )


class SiteInTown(Said):
    """A site: the haltes of one kecamatan, and how its alerts leave."""

    id: Id
    name: str
    grouping: Grouping
    waves: list[str]
    call_percent: Own
    rearm_percent: Own
    retired_at_s: RetiredAt


class NewSite(Taken):
    """A site to be made."""

    model_config = example(id="lubuk-pakam", name="Lubuk Pakam")

    id: Id
    name: Name
    grouping: Grouping = "at_once"
    waves: list[Wave] = Field(default_factory=list, max_length=48)
    call_percent: Threshold | None = None
    rearm_percent: Threshold | None = None


class SiteChange(Taken):
    """What is to change of a site; what is left out stays. Null takes a threshold back."""

    model_config = example(grouping="waves", waves=["07:00", "13:00"])

    name: Name = Field(default_factory=left)
    grouping: Grouping = Field(default_factory=left)
    waves: list[Wave] = Field(default_factory=left, max_length=48)
    call_percent: Threshold | None = None
    rearm_percent: Threshold | None = None


class Sites(Said):
    """A page of sites."""

    sites: list[SiteInTown]
    next: Next


class HalteInTown(Said):
    """A halte: a collection point where several bins stand."""

    id: Id
    site: str
    name: str
    lat: float
    lon: float
    retired_at_s: RetiredAt


class NewHalte(Taken):
    """A halte to be made."""

    model_config = example(
        id="pasar-delimas", site="lubuk-pakam", name="Pasar Delimas", lat=3.5583, lon=98.8721
    )

    id: Id
    site: Id
    name: Name
    lat: Lat
    lon: Lon


class HalteChange(Taken):
    """What is to change of a halte; what is left out stays."""

    model_config = example(lat=3.5584, lon=98.8722)

    site: Id = Field(default_factory=left)
    name: Name = Field(default_factory=left)
    lat: Lat = Field(default_factory=left)
    lon: Lon = Field(default_factory=left)


class Haltes(Said):
    """A page of haltes."""

    haltes: list[HalteInTown]
    next: Next


class ZoneInTown(Said):
    """A zone: the haltes that a collector serves."""

    id: Id
    name: str
    haltes: list[str]
    retired_at_s: RetiredAt


class NewZone(Taken):
    """A zone to be made."""

    model_config = example(id="utara", name="Utara", haltes=["pasar-delimas"])

    id: Id
    name: Name
    haltes: list[Id] = Field(max_length=MOST)


class ZoneChange(Taken):
    """What is to change of a zone; what is left out stays."""

    model_config = example(haltes=["pasar-delimas", "alun-alun"])

    name: Name = Field(default_factory=left)
    haltes: list[Id] = Field(default_factory=left, max_length=MOST)


class Zones(Said):
    """A page of zones."""

    zones: list[ZoneInTown]
    next: Next


class CollectorInTown(Said):
    """Somebody who fetches waste: where, of which kinds, and how they are told."""

    id: Id
    name: str
    zones: list[str]
    wastes: list[str] = Field(description="Empty: of every kind")
    language: Language
    channels: list[str]
    webhook_url: str | None
    has_webhook_secret: bool
    retired_at_s: RetiredAt


class NewCollector(Taken):
    """A collector to be made. The secret is never said again."""

    model_config = example(id="budi", name="Budi Santoso", zones=["utara"], channels=["mqtt"])

    id: Id
    name: Name
    zones: list[Id] = Field(max_length=MOST)
    wastes: list[Id] = Field(default_factory=list, max_length=100)
    language: Language = "id"
    channels: Channels = Field(default_factory=lambda: list(USUAL_CHANNELS))
    webhook_url: Url | None = None
    webhook_secret: Secret | None = None


class CollectorChange(Taken):
    """What is to change of a collector; what is left out stays. Null takes url or secret away."""

    model_config = example(zones=["utara", "selatan"])

    name: Name = Field(default_factory=left)
    zones: list[Id] = Field(default_factory=left, max_length=MOST)
    wastes: list[Id] = Field(default_factory=left, max_length=100)
    language: Language = Field(default_factory=left)
    channels: Channels = Field(default_factory=left)
    webhook_url: Url | None = None
    webhook_secret: Secret | None = None


class Collectors(Said):
    """A page of collectors."""

    collectors: list[CollectorInTown]
    next: Next


class Retirement(Taken):
    """Since when a thing is out of use: now, or before."""

    model_config = example(from_s=1772326800)

    from_s: FromS | None = None
