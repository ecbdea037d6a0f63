"""Whether the API can answer, and how each thing it stands on does, in a sentence."""

from collections.abc import Iterator
from datetime import UTC, datetime

from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import SQLAlchemyError

from api.facts import Facts, read_facts
from api.services import Services
from api.shapes import Dependency, Readiness, Standing
from jemput.store.history import HistoryDownError

MINUTE_MS = 60_000


async def readiness(services: Services) -> Readiness:
    """Ask everything once. Only the database is needed; without the rest the API still answers."""
    try:
        facts = await run_in_threadpool(read_facts, services)
    except SQLAlchemyError as error:
        sentence = f"does not answer: {_first_line(error)}"
        down = Dependency(name="database", state=Standing.DOWN, needed=True, sentence=sentence)
        return Readiness(status=Standing.DOWN, dependencies=[down])
    database = _database(facts)
    if database.state is Standing.DOWN:
        return Readiness(status=Standing.DOWN, dependencies=[database])
    dependencies = [
        database,
        *_dependencies(services, facts, await services.history.trouble()),
    ]
    is_fine = all(one.state is Standing.OK for one in dependencies)
    status = Standing.OK if is_fine else Standing.DEGRADED
    return Readiness(status=status, dependencies=dependencies)


def history_gap(facts: Facts, error: HistoryDownError) -> tuple[int, str]:
    """Since when history is missing, in Unix seconds and in a sentence.

    That is the first reading that a sink has not brought there, or the first question that
    was not answered, where that is earlier.
    """
    lacking = (one.waits_since_ms for one in facts.sinks.values())
    since_s = min([error.since_s, *(at_ms // 1000 for at_ms in lacking if at_ms is not None)])
    return since_s, f"history is missing since {_time(since_s)}: {error}"


def _dependencies(
    services: Services, facts: Facts, trouble: HistoryDownError | None
) -> Iterator[Dependency]:
    now_ms = services.clock.now_ms()
    limits = services.limits
    yield _writer(services.group, facts, now_ms, limits.writer_late_ms)
    yield _outbox(facts, now_ms, limits.outbox_late_ms)
    yield _history(facts, trouble)
    for name in sorted(facts.sinks):
        yield _sink(name, facts, now_ms, limits.sink_late_ms)


def _database(facts: Facts) -> Dependency:
    """One that the town left still answers, but with what was; while it is copied, with what is."""
    state, sentence = Standing.OK, "answers"
    if facts.moved is not None:
        state = Standing.DOWN if facts.moved.is_done else Standing.DEGRADED
        sentence = facts.moved.sentence
    return Dependency(name="database", state=state, needed=True, sentence=sentence)


def _writer(group: str, facts: Facts, now_ms: int, late_ms: int) -> Dependency:
    name = "journal writer"
    if facts.epoch == 0:
        return _degraded(name, f"no ingester ever wrote group {group}: start `jemput ingest`")
    if facts.newest_entry_ms is None:
        return _degraded(name, f"epoch {facts.epoch}, but no entry yet")
    age_ms = now_ms - facts.newest_entry_ms
    sentence = (
        f"epoch {facts.epoch}, entry {facts.head} is {_span(age_ms)} old, "
        f"{facts.inbox_waiting} acts and changes wait for it"
    )
    return _degraded(name, sentence) if age_ms > late_ms else _ok(name, sentence)


def _outbox(facts: Facts, now_ms: int, late_ms: int) -> Dependency:
    name = "outbox"
    sentence = f"{facts.outbox_waiting} alerts wait, {facts.outbox_given_up} were given up"
    overdue_ms = now_ms - facts.outbox_due_ms if facts.outbox_due_ms is not None else 0
    if overdue_ms <= late_ms:
        return _ok(name, sentence)
    return _degraded(name, f"{sentence}; the oldest is overdue by {_span(overdue_ms)}")


def _history(facts: Facts, trouble: HistoryDownError | None) -> Dependency:
    if trouble is None:
        return _ok("history", "answers")
    since_s, sentence = history_gap(facts, trouble)
    return _degraded("history", sentence).model_copy(update={"since_s": since_s})


def _sink(name: str, facts: Facts, now_ms: int, late_ms: int) -> Dependency:
    sink = facts.sinks[name]
    sentence = f"{max(0, facts.head - sink.position)} entries behind the journal"
    if sink.waits_since_ms is not None:
        sentence += f": it lacks what came since {_time(sink.waits_since_ms // 1000)}"
    is_late = sink.waits_since_ms is not None and now_ms - sink.waits_since_ms > late_ms
    return (_degraded if is_late else _ok)(f"sink {name}", sentence)


def _ok(name: str, sentence: str) -> Dependency:
    return Dependency(name=name, state=Standing.OK, needed=False, sentence=sentence)


def _degraded(name: str, sentence: str) -> Dependency:
    return Dependency(name=name, state=Standing.DEGRADED, needed=False, sentence=sentence)


def _span(span_ms: int) -> str:
    minutes = span_ms // MINUTE_MS
    return f"{minutes} min" if minutes else f"{max(0, span_ms) // 1000} s"


def _time(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
