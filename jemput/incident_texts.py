"""What an incident is about, in the words of whoever is told."""

from typing import Final

from jemput.decisions import IncidentKind
from jemput.things import Language

_TEXTS: Final[dict[Language, dict[IncidentKind, str]]] = {
    "id": {
        IncidentKind.SILENCE: "tidak terdengar selama {minutes} menit",
        IncidentKind.SITE_SILENCE: "{silent} dari {bins} tempat sampah tidak terdengar",
        IncidentKind.BATTERY: "baterai lemah, {millivolts} mV",
        IncidentKind.TILT: "miring {degrees}°",
        IncidentKind.HEAT: "panas, {celsius} °C",
    },
    "en": {
        IncidentKind.SILENCE: "nothing heard for {minutes} min",
        IncidentKind.SITE_SILENCE: "{silent} of {bins} bins are silent",
        IncidentKind.BATTERY: "battery low, {millivolts} mV",
        IncidentKind.TILT: "tilted by {degrees}°",
        IncidentKind.HEAT: "hot, {celsius} °C",
    },
}
RECORDED_IN: Final[Language] = "en"
"""The language of what the journal notes of an incident."""


def incident_text(kind: IncidentKind, language: Language, **numbers: int | None) -> str:
    """One sentence about an incident."""
    return _TEXTS[language][kind].format_map(numbers)
