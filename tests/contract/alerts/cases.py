"""What is said in the golden alerts."""

from typing import Final

from msgspec.structs import replace

from jemput.decisions import OPERATOR, AlertKind, Say, Subject
from jemput.pickup import Reason
from jemput.things import Language

SENT_MS: Final = 1_767_225_900_000
API_URL: Final = "https://jemput.example"
DAGO: Final = Subject(
    bin="dago-organic",
    halte="dago",
    halte_name="Dago",
    lat=-6.885,
    lon=107.6137,
    waste="organic",
    pickup="dago-organic-7",
    reason=Reason.FULLNESS,
    fill_percent=92,
    since_s=1_767_225_600,
)
CIHAMPELAS: Final = replace(
    DAGO,
    bin="cihampelas-paper",
    halte="cihampelas",
    halte_name="Cihampelas",
    lat=-6.8936,
    lon=107.6047,
    waste="paper",
    pickup="cihampelas-paper-3",
    reason=Reason.AGE,
    fill_percent=40,
    since_s=1_766_966_400,
)


def say(kind: AlertKind, language: Language, subject: Subject | None = DAGO, **more: str) -> Say:
    """One thing said to a collector; `detail` and `recipient` may differ."""
    about = "coblong" if subject is None else subject.pickup or subject.bin
    said = Say(
        key=f"{about}/{kind}",
        kind=kind,
        recipient="asep",
        language=language,
        channels=("log", "mqtt"),
        subject=subject,
        site="coblong",
        decided_ms=1_767_225_600_000,
    )
    return replace(said, **more)


def _of(language: Language) -> dict[str, list[Say]]:
    collector = (AlertKind.PICKUP, AlertKind.WITHDRAWN)
    operator = tuple(
        one for one in AlertKind if one not in collector and one is not AlertKind.INCIDENT
    )
    broken = replace(DAGO, pickup=None, reason=None, fill_percent=None, since_s=None)
    incident = {"recipient": OPERATOR, "detail": "battery at 3210 mV"}
    found = {str(kind): [say(kind, language)] for kind in collector}
    found |= {str(kind): [say(kind, language, recipient=OPERATOR)] for kind in operator}
    found["wave"] = [say(AlertKind.PICKUP, language, one) for one in (DAGO, CIHAMPELAS)]
    found["incident"] = [say(AlertKind.INCIDENT, language, broken, **incident)]
    incident["detail"] = "12 of 14 bins are silent"
    found["site-incident"] = [say(AlertKind.INCIDENT, language, None, **incident)]
    return {f"{name.replace('_', '-')}.{language}": says for name, says in found.items()}


CASES: Final[dict[str, list[Say]]] = _of("id") | _of("en")
