"""The words on a label, and kinds of waste by the names that people here say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jemput.things import Language


@dataclass(frozen=True, slots=True)
class Words:
    """What a label says in one language."""

    device: str
    bin: str
    scan_device: str
    scan_bin: str
    place: str
    title: str
    wastes: Mapping[str, str]


_INDONESIAN: Final = Words(
    device="Sensor",
    bin="Tempat sampah",
    scan_device="Pindai saat memasang",
    scan_bin="Pindai untuk melihat isinya",
    place="Tempat",
    title="Label Jemput",
    wastes={
        "organic": "Organik",
        "plastic": "Plastik",
        "residual": "Residu",
        "paper": "Kertas",
        "glass": "Kaca",
        "metal": "Logam",
        "hazardous": "B3",
        "mixed": "Campuran",
    },
)
_ENGLISH: Final = Words(
    device="Sensor",
    bin="Bin",
    scan_device="Scan when it is hung",
    scan_bin="Scan to see how full it is",
    place="Place",
    title="Jemput labels",
    wastes={name: name.capitalize() for name in _INDONESIAN.wastes},
)
WORDS: Final[Mapping[Language, Words]] = {"id": _INDONESIAN, "en": _ENGLISH}
