"""What the operator has to know of the ingester itself: no rule of the fold decided it."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from jemput.decisions import AlertKind, Say
from jemput.entry import Entry
from jemput.registry import Registry
from jemput.rules.view import operator_of
from jemput.store import effects
from jemput.store.schema import outbox

DAY_MS = 86_400_000


class Alarm(NamedTuple):
    """Told once a day for each `about`, however often it happens."""

    about: str
    detail: str


def write_alarms(
    connection: Connection, group: str, entry: Entry, registry: Registry, alarms: Iterable[Alarm]
) -> None:
    """Put alarms into the outbox, as alerts to the operator.

    An alert speaks of a site, so a group without any is told by the log alone.
    """
    site = min(registry.sites, default=None)
    now_ms = entry.intake.now_ms
    operator = operator_of(registry)
    for alarm in alarms if site is not None else ():
        key = f"ingest/{group}/{alarm.about}/{now_ms // DAY_MS}"
        told = select(outbox.c.id).where(outbox.c.key == key).limit(1)
        if connection.execute(told).first() is not None:
            continue
        say = Say(
            key=key,
            kind=AlertKind.INCIDENT,
            recipient=operator.id,
            language=operator.language,
            channels=operator.channels,
            subject=None,
            site=site or "",
            decided_ms=now_ms,
            detail=alarm.detail,
        )
        told_of = msgspec.structs.replace(entry, decisions=(say,))
        effects.write_decisions(connection, group, told_of, registry)
