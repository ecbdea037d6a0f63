"""The registry of a recording: every recorded bin with a device of its own, at one place."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from jemput.geometry import Geometry
from jemput.registry import Bind, Change, PutBin, PutHalte, PutSite
from jemput.things import Bin, Halte, Site

SITE: Final = "recorded"
SHAPE: Final = Geometry(empty_mm=1200, full_mm=200)
CADENCE_S: Final = 9000


class RecordedBin(NamedTuple):
    """A bin of a recording, and the device that speaks for it."""

    id: str
    waste: str
    device: str


def registry_changes(bins: Iterable[RecordedBin]) -> list[Change]:
    """What makes the bins known; the devices hang on them from the beginning of time."""
    bins = list(bins)
    return [
        PutSite(Site(SITE, "Recorded")),
        PutHalte(Halte(SITE, SITE, "Recorded", 0.0, 0.0)),
        *(PutBin(Bin(one.id, SITE, one.waste, SHAPE, CADENCE_S)) for one in bins),
        *(Bind(one.device, one.id, 0) for one in bins),
    ]
