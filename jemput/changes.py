"""What may change of the registry: each change is journaled, and so never lost or undone."""

from typing import Literal

from msgspec import Struct

from jemput.ids import check_id
from jemput.policy import Override, Scope
from jemput.things import Bin, Collector, Halte, Site, Zone

Thing = tuple[str, str]
"""Kind and id: site, halte, zone, bin, collector, device or policy."""


Retirable = Literal["site", "halte", "zone", "bin", "collector"]


class PutSite(Struct, frozen=True, tag="put_site"):
    """Add a site or change it."""

    site: Site

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "site", self.site.id


class PutHalte(Struct, frozen=True, tag="put_halte"):
    """Add a halte or change it."""

    halte: Halte

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "halte", self.halte.id


class PutZone(Struct, frozen=True, tag="put_zone"):
    """Add a zone or change it."""

    zone: Zone

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "zone", self.zone.id


class PutBin(Struct, frozen=True, tag="put_bin"):
    """Add a bin or change it; its geometry holds from `from_s` on (event time)."""

    bin: Bin
    from_s: int = 0

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "bin", self.bin.id


class PutCollector(Struct, frozen=True, tag="put_collector"):
    """Add a collector or change them."""

    collector: Collector

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "collector", self.collector.id


class PutPolicy(Struct, frozen=True, tag="put_policy"):
    """Override thresholds for a site, a waste type or a bin."""

    scope: Scope
    key: str
    override: Override

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "policy", f"{self.scope}/{self.key}"


class Bind(Struct, frozen=True, tag="bind"):
    """Hang a device on a bin from `from_s` on (event time), or take it down (`bin` None).

    The device that hung there before is down from then on.
    """

    device: str
    bin: str | None
    from_s: int

    def __post_init__(self) -> None:
        """Check the ids."""
        check_id("device", self.device)

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return "device", self.device


class Retire(Struct, frozen=True, tag="retire"):
    """Take a thing out of use since `from_s` (event time); it stays, with its history.

    What hung on a bin is down from then on. A `Put` brings a thing back.
    """

    kind: Retirable
    id: str
    from_s: int

    @property
    def thing(self) -> Thing:
        """What it changes."""
        return self.kind, self.id


Change = PutSite | PutHalte | PutZone | PutBin | PutCollector | PutPolicy | Bind | Retire
