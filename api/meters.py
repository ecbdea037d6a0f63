"""Metrics for Prometheus, in a registry of the app's own: two apps in one process do not mix."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.facts import Facts, read_facts
from api.live import Feed
from api.services import Services

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
        self.registry.register(_FromDatabase(services))
        self.registry.register(_Listeners(feed))

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class _Listeners(Collector):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def collect(self) -> Iterator[Metric]:
        yield _gauge("jemput_api_listeners", "Who listens to live events", self._feed.listeners)


class _FromDatabase(Collector):
    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand, so that registering asks no database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        try:
            facts = read_facts(self._services)
        except SQLAlchemyError:
            yield _gauge("jemput_database_up", "Whether the database answers", 0)
            return
        yield _gauge("jemput_database_up", "Whether the database answers", 1)
        yield from _gauges(facts)


def _gauges(facts: Facts) -> Iterator[Metric]:
    yield _gauge("jemput_journal_epoch", "How often the group was taken over", facts.epoch)
    yield _gauge("jemput_journal_head", "Position of the newest entry", facts.head)
    if facts.newest_entry_ms is not None:
        seconds = facts.newest_entry_ms / 1000
        yield _gauge("jemput_journal_newest_seconds", "Time of the newest entry", seconds)
    yield _gauge("jemput_inbox_waiting", "Acts and changes not journaled yet", facts.inbox_waiting)
    yield _gauge("jemput_outbox_waiting", "Alerts not sent yet", facts.outbox_waiting)
    yield _gauge("jemput_outbox_given_up", "Alerts never delivered", facts.outbox_given_up)
    pickups = GaugeMetricFamily("jemput_pickups_open", "Open pickups", labels=["state"])
    for state, count in sorted(facts.open_pickups.items()):
        pickups.add_metric([state], count)
    yield pickups
    sinks = GaugeMetricFamily("jemput_sink_position", "How far a sink is", labels=["sink"])
    for name, sink in sorted(facts.sinks.items()):
        sinks.add_metric([name], sink.position)
    yield sinks


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)
