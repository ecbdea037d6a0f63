"""What other systems are told of: CloudEvents 1.0, as one JSON object each."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from jemput.decisions import IncidentKind
from jemput.pickup import State

MEDIA_TYPE: Final = "application/cloudevents+json"


class EventType(StrEnum):
    """What may happen."""

    PICKUP_OPENED = "pickup.opened"
    PICKUP_ALERTED = "pickup.alerted"
    PICKUP_ACCEPTED = "pickup.accepted"
    PICKUP_COLLECTED = "pickup.collected"
    PICKUP_VERIFIED = "pickup.verified"
    PICKUP_FAILED = "pickup.failed"
    PICKUP_WITHDRAWN = "pickup.withdrawn"
    PICKUP_EXPIRED = "pickup.expired"
    BIN_SILENT = "bin.silent"
    BIN_HEARD_AGAIN = "bin.heard_again"
    SITE_SILENT = "site.silent"
    SITE_HEARD_AGAIN = "site.heard_again"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CLOSED = "incident.closed"


PING: Final = "ping"
"""Of a test that somebody asks for."""
_OF_INCIDENT: Final = {
    (IncidentKind.SILENCE, False): EventType.BIN_SILENT,
    (IncidentKind.SILENCE, True): EventType.BIN_HEARD_AGAIN,
    (IncidentKind.SITE_SILENCE, False): EventType.SITE_SILENT,
    (IncidentKind.SITE_SILENCE, True): EventType.SITE_HEARD_AGAIN,
}


class Event(Struct, frozen=True):
    """Something that happened. `id` is the same whenever it is told; `subject` is what it is of."""

    id: str
    type: str
    subject: str
    site: str
    at_ms: int
    data: dict[str, Any]


def type_of_pickup(state: State) -> EventType:
    """What it is called that a pickup came into this state."""
    name = "opened" if state is State.REQUESTED else state.value
    return EventType(f"pickup.{name}")


def type_of_incident(kind: IncidentKind, *, is_over: bool) -> EventType:
    """What it is called that something is wrong, or right again."""
    other = EventType.INCIDENT_CLOSED if is_over else EventType.INCIDENT_OPENED
    return _OF_INCIDENT.get((kind, is_over), other)


def encode(event: Event, group: str) -> bytes:
    """The event as it is sent: a CloudEvent of the group."""
    at = datetime.fromtimestamp(event.at_ms / 1000, UTC)
    envelope = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"urn:jemput:{group}",
        "type": event.type,
        "subject": event.subject,
        "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": event.data,
    }
    return msgspec.json.encode(envelope)
