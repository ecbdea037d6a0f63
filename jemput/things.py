"""The things a town has: sites, haltes, zones, bins, collectors."""

from typing import Literal

import msgspec
from msgspec import Struct

from jemput.geometry import Geometry
from jemput.ids import check_id

Language = Literal["id", "en"]
Grouping = Literal["at_once", "waves"]
Channel = Literal["log", "webhook", "mqtt"]


class Site(Struct, frozen=True):
    """The haltes of one kecamatan. At `waves`, local times `HH:MM`, alerts leave together."""

    id: str
    name: str
    grouping: Grouping = "at_once"
    waves: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the id."""
        check_id("site", self.id)


class Halte(Struct, frozen=True):
    """A collection point where several bins stand. Degrees, WGS 84."""

    id: str
    site: str
    name: str
    lat: float
    lon: float

    def __post_init__(self) -> None:
        """Check the id and the position."""
        check_id("halte", self.id)
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):  # noqa: PLR2004 - degrees
            message = f"halte {self.id}: {self.lat}, {self.lon} is no place on Earth (lat, lon)"
            raise ValueError(message)


class Zone(Struct, frozen=True):
    """The haltes that a collector serves."""

    id: str
    name: str
    haltes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check the id."""
        check_id("zone", self.id)


class Bin(Struct, frozen=True):
    """A place for one kind of waste at a halte; its history stays when the device is swapped."""

    id: str
    halte: str
    waste: str
    geometry: Geometry
    cadence_s: int = 600

    def __post_init__(self) -> None:
        """Check the ids and the cadence."""
        check_id("bin", self.id)
        check_id("waste", self.waste)
        if self.cadence_s < 1:
            raise ValueError(f"bin {self.id}: cadence_s must be at least 1 second")


class Collector(Struct, frozen=True):
    """Somebody who fetches waste: where, of which kinds, and how they are told."""

    id: str
    name: str
    zones: tuple[str, ...]
    wastes: tuple[str, ...] = ()
    language: Language = "id"
    channels: tuple[Channel, ...] = ("log", "mqtt")
    webhook_url: str | None = None
    webhook_secret: str | None = msgspec.field(default=None)

    def __post_init__(self) -> None:
        """Check the id, and that a webhook has somewhere to go."""
        check_id("collector", self.id)
        if "webhook" in self.channels and not self.webhook_url:
            message = f"collector {self.id} has the channel webhook: give webhook_url"
            raise ValueError(message)

    def serves(self, waste: str) -> bool:
        """Whether this kind of waste is theirs; an empty list means every kind."""
        return not self.wastes or waste in self.wastes
