"""What the fold decides. Entries store these; recovery applies them and never decides again."""

from enum import StrEnum

from msgspec import Struct

from jemput.pickup import Flag, Pickup, Reason, State
from jemput.things import Channel, Language


class IncidentKind(StrEnum):
    """What is wrong with a bin, a site or the run."""

    SILENCE = "silence"
    SITE_SILENCE = "site_silence"
    BATTERY = "battery"
    TILT = "tilt"
    HEAT = "heat"
    CLOCK = "clock"


SAFETY = frozenset({IncidentKind.TILT, IncidentKind.HEAT})


class OpenPickup(Struct, frozen=True, tag="open"):
    """Ask for a bin to be emptied."""

    pickup: Pickup


class MovePickup(Struct, frozen=True, tag="move"):
    """Move a bin's open pickup: withdrawn, verified or expired."""

    bin: str
    pickup: str
    to: State
    note: str


class FlagPickup(Struct, frozen=True, tag="flag"):
    """Hand a pickup to a person."""

    bin: str
    pickup: str
    flag: Flag


class HandOver(Struct, frozen=True, tag="hand_over"):
    """Give a pickup that nobody accepted to another collector; None where there is nobody."""

    bin: str
    pickup: str
    collector: str | None


class OpenIncident(Struct, frozen=True, tag="incident"):
    """Something is wrong. `scope` is a bin, or a site for `SITE_SILENCE`."""

    kind: IncidentKind
    scope: str
    site: str
    detail: str


class CloseIncident(Struct, frozen=True, tag="incident_over"):
    """It is right again."""

    kind: IncidentKind
    scope: str
    site: str


class AlertKind(StrEnum):
    """What an alert says."""

    PICKUP = "pickup"
    WITHDRAWN = "withdrawn"
    UNSERVED = "unserved"
    EXPIRED = "expired"
    ACCEPTED_NOT_COLLECTED = "accepted_not_collected"
    CLAIMED_NOT_SEEN = "claimed_not_seen"
    SEEN_NOT_CLAIMED = "seen_not_claimed"
    UNFINISHED = "unfinished"
    UNDELIVERED = "undelivered"
    INCIDENT = "incident"


class Subject(Struct, frozen=True):
    """The bin an alert is about, as it stood when the alert was decided."""

    bin: str
    halte: str
    halte_name: str
    lat: float
    lon: float
    waste: str
    pickup: str | None = None
    reason: Reason | None = None
    fill_percent: int | None = None
    since_s: int | None = None


class Say(Struct, frozen=True, tag="say"):
    """Tell somebody, once, by each of `channels`. `key` is the same whatever is replayed.

    `wait_for_wave` lets it leave together with others at the site's next wave.
    """

    key: str
    kind: AlertKind
    recipient: str
    language: Language
    channels: tuple[Channel, ...]
    subject: Subject | None
    site: str
    decided_ms: int
    wait_for_wave: bool = False
    detail: str = ""


Decision = OpenPickup | MovePickup | FlagPickup | HandOver | OpenIncident | CloseIncident | Say
OPERATOR = "operator"
