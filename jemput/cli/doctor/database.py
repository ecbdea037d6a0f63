"""The database: whether it is there, whether somebody writes, what waits."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from jemput.cli.doctor.finding import Finding, bad, doubt, good
from jemput.store.held import LITTLE_DAYS, held_back
from jemput.store.journal import Journal
from jemput.store.schema import inbox, journal, outbox, quarantine

LATE_MS: Final = 15 * 60_000
AHEAD_MS: Final = 60_000
MANY_QUARANTINED: Final = 1000


def database(engine: Engine, group: str, now_ms: int) -> Iterator[Finding]:
    """Everything that the tables tell."""
    try:
        yield good("database", f"{engine.url.render_as_string()} answers")
        yield from _writer(engine, group, now_ms)
        yield from _outbox(engine, group, now_ms)
        yield from _quarantine(engine, group)
        yield from _sinks(engine, group, now_ms)
    except SQLAlchemyError as error:
        first = str(error).splitlines()[0]
        yield bad("database", f"does not answer: {first}", "check JEMPUT_DATABASE_URL")


def _writer(engine: Engine, group: str, now_ms: int) -> Iterator[Finding]:
    head = Journal(engine, group).head()
    with engine.connect() as connection:
        at_head = select(journal.c.now_ms).where(
            journal.c.group_id == group, journal.c.position == head
        )
        newest_ms = connection.execute(at_head).scalar()
        waits = select(func.count()).where(inbox.c.group_id == group, inbox.c.position.is_(None))
        waiting = connection.execute(waits).scalar_one()
    start = "start `jemput ingest`, and read what it says"
    if newest_ms is None:
        yield doubt("ingester", f"never wrote anything for group {group}", start)
        return
    age_min = max(0, now_ms - newest_ms) // 60_000
    sentence = f"entry {head} is {age_min} min old, {waiting} acts and changes wait"
    if now_ms - newest_ms > LATE_MS:
        yield bad("ingester", sentence, start)
    else:
        yield good("ingester", sentence)
    if newest_ms - now_ms > AHEAD_MS:
        yield doubt("clock", _ahead((newest_ms - now_ms) // 1000), "sudo timedatectl set-ntp true")


def _sinks(engine: Engine, group: str, now_ms: int) -> Iterator[Finding]:
    """What waits for each of them, and whether the disk has room for it."""
    for one in held_back(engine, group):
        about, days = f"sink {one.sink}", one.full_in_days
        is_late = one.since_ms is not None and now_ms - one.since_ms > LATE_MS
        if is_late and days is not None and days < LITTLE_DAYS:
            yield bad(about, one.sentence, "make room, or mend what it writes to: see below")
        elif is_late:
            yield doubt(about, one.sentence, "nothing is lost; mend what it writes to: see below")
        else:
            yield good(about, one.sentence)


def _ahead(seconds: int) -> str:
    return (
        f"the journal is {seconds} s ahead of this machine's clock, which stepped "
        "back: what devices say counts as late until the clock has caught up"
    )


def _outbox(engine: Engine, group: str, now_ms: int) -> Iterator[Finding]:
    overdue = select(func.count()).where(
        outbox.c.group_id == group,
        outbox.c.state == "waiting",
        outbox.c.due_ms < now_ms - LATE_MS,
    )
    with engine.connect() as connection:
        late = connection.execute(overdue).scalar_one()
    if late:
        remedy = "see what the ingester's log says of alert_not_sent"
        yield bad("alerts", f"{late} are overdue by more than {LATE_MS // 60_000} min", remedy)
    else:
        yield good("alerts", "none is overdue")


def _quarantine(engine: Engine, group: str) -> Iterator[Finding]:
    query = select(func.count()).where(
        quarantine.c.group_id == group, quarantine.c.readmitted_ms.is_(None)
    )
    with engine.connect() as connection:
        count = connection.execute(query).scalar_one()
    sentence = f"{count} messages were set aside"
    if count > MANY_QUARANTINED:
        yield doubt("quarantine", sentence, "jemput quarantine list")
    else:
        yield good("quarantine", sentence)
