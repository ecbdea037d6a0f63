"""Metrics for Prometheus, in a registry of the app's own: two apps in one process do not mix."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.facts import Facts, read_facts
from api.fleet import FleetMeters
from api.ground import GroundMeters
from api.health import history_gap
from api.live import Feed
from api.passing import Passing, named
from api.services import Services
from jemput.store.held import held_back
from jemput.store.history import HistoryDownError
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.statuses import Statuses

SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Meters:
    """What the app counts itself, and what it reads from the database when it is asked."""

    def __init__(self, services: Services, feed: Feed) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "jemput_api_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "jemput_api_request_seconds",
            "Time until an answer began",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._from_database = _FromDatabase(services)
        self.registry.register(self._from_database)
        self.registry.register(_Listeners(feed))
        self.registry.register(GroundMeters(services.ground))
        self.registry.register(FleetMeters(Statuses(services.engine, services.group)))

    def text(self, trouble: HistoryDownError | None = None) -> bytes:
        """All of it in Prometheus' text format; `trouble` is the history's, asked just now."""
        self._from_database.trouble = trouble
        return generate_latest(self.registry)


class _Listeners(Collector):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def collect(self) -> Iterator[Metric]:
        yield _gauge("jemput_api_listeners", "Who listens to live events", self._feed.listeners)


class _FromDatabase(Collector):
    def __init__(self, services: Services) -> None:
        self._services = services
        self._passing = Passing(Journal(services.engine, services.group))
        self.trouble: HistoryDownError | None = None

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand, so that registering asks no database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        try:
            facts = read_facts(self._services)
            sums = self._sums(facts.head)
            held = list(_held(self._services))
        except SQLAlchemyError:
            yield _gauge("jemput_database_up", "Whether the database answers", 0)
            return
        yield _gauge("jemput_database_up", "Whether the database answers", 1)
        yield from _gauges(facts)
        yield from _ages(facts, self._services.clock.now_ms())
        yield from _history(facts, self.trouble)
        yield from held
        for name, what, value in named(sums):
            yield CounterMetricFamily(name, what, value=value)

    def _sums(self, head: int) -> dict[str, int]:
        """None of a damaged journal: its gauges still show that it stands still."""
        try:
            return self._passing.look(head)
        except DamagedJournalError:
            return {}


def _gauges(facts: Facts) -> Iterator[Metric]:
    yield _gauge("jemput_journal_epoch", "How often the group was taken over", facts.epoch)
    yield _gauge("jemput_journal_head", "Position of the newest entry", facts.head)
    if facts.newest_entry_ms is not None:
        seconds = facts.newest_entry_ms / 1000
        yield _gauge("jemput_journal_newest_seconds", "Time of the newest entry", seconds)
    yield _gauge("jemput_inbox_waiting", "Acts and changes not journaled yet", facts.inbox_waiting)
    yield _gauge("jemput_outbox_waiting", "Alerts not sent yet", facts.outbox_waiting)
    yield _gauge("jemput_outbox_given_up", "Alerts never delivered", facts.outbox_given_up)
    yield _gauge("jemput_quarantine_messages", "Kept because not taken", facts.quarantined)
    if facts.saved is not None:
        up = facts.saved.listening.up
        yield _gauge("jemput_broker_up", "Whether the ingester last heard the broker", up)
        trusted = facts.saved.clock_trusted
        yield _gauge("jemput_clock_trusted", "Whether the wall clock is steady", trusted)
    pickups = GaugeMetricFamily("jemput_pickups_open", "Open pickups", labels=["state", "site"])
    for labels, count in sorted(facts.open_pickups.items()):
        pickups.add_metric(labels, count)
    yield pickups
    incidents = GaugeMetricFamily("jemput_incidents_open", "What is wrong", labels=["kind", "site"])
    for labels, count in sorted(facts.open_incidents.items()):
        incidents.add_metric(labels, count)
    yield incidents


def _ages(facts: Facts, now_ms: int) -> Iterator[Metric]:
    """How long what waits has waited, in seconds of the run's clock; 0 where nothing does."""
    yield _age(
        "jemput_journal_age_seconds", "Since the newest entry", facts.newest_entry_ms, now_ms
    )
    ahead = "How far the newest entry is ahead of the clock, and waits for it"
    yield _gauge("jemput_clock_ahead_seconds", ahead, _ahead_s(facts.newest_entry_ms, now_ms))
    late = "Since the oldest alert not sent was due"
    yield _age("jemput_outbox_late_seconds", late, facts.outbox_due_ms, now_ms)
    unsaved = "Since the first entry that the checkpoint lacks"
    yield _age("jemput_checkpoint_age_seconds", unsaved, facts.saved_waits_since_ms, now_ms)
    positions = GaugeMetricFamily("jemput_sink_position", "How far a sink is", labels=["sink"])
    lags = GaugeMetricFamily("jemput_sink_lag_entries", "Entries it lacks", labels=["sink"])
    ages = GaugeMetricFamily(
        "jemput_sink_lag_seconds", "Since the first entry that it lacks", labels=["sink"]
    )
    for name, sink in sorted(facts.sinks.items()):
        positions.add_metric([name], sink.position)
        lags.add_metric([name], max(0, facts.head - sink.position))
        ages.add_metric([name], _since(sink.waits_since_ms, now_ms))
    yield from (positions, lags, ages)


def _held(services: Services) -> Iterator[Metric]:
    """What waits for sinks on a disk that is full one day."""
    held = GaugeMetricFamily(
        "jemput_sink_held_bytes", "Of the journal, about, that wait for it", labels=["sink"]
    )
    growth = 0
    for one in held_back(services.engine, services.group):
        held.add_metric([one.sink], one.size_bytes)
        growth = one.day_bytes
    yield held
    yield _gauge("jemput_journal_day_bytes", "What the journal grew by in its last day", growth)


def _history(facts: Facts, trouble: HistoryDownError | None) -> Iterator[Metric]:
    since_s = 0 if trouble is None else history_gap(facts, trouble)[0]
    yield _gauge("jemput_history_up", "Whether the history of readings answers", trouble is None)
    missing = "Since when history is missing, Unix time; 0 where it is not"
    yield _gauge("jemput_history_missing_since_seconds", missing, since_s)


def _age(name: str, what: str, since_ms: int | None, now_ms: int) -> Metric:
    return _gauge(name, what, _since(since_ms, now_ms))


def _ahead_s(newest_ms: int | None, now_ms: int) -> float:
    return 0 if newest_ms is None else max(0, newest_ms - now_ms) / 1000


def _since(since_ms: int | None, now_ms: int) -> float:
    return 0 if since_ms is None else max(0, now_ms - since_ms) / 1000


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
