"""Putting together what runs: the ingester of a group and the API beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import aiohttp
from sqlalchemy import Engine

from api.app import create_app
from api.gate import Gate
from api.server import Server
from api.services import Services
from ingest.acks import LOOK_S, Acks
from ingest.alerts.channels import Channel, LogChannel, MqttChannel, WebhookChannel
from ingest.alerts.sender import Sender
from ingest.client_ids import ClientIds
from ingest.hearing import Owner
from ingest.keeping import keep
from ingest.mqtt.lean import LeanEar
from ingest.mqtt.session import Address, Session
from ingest.ownership import Ownership, said_plainly
from ingest.pending import LONGEST_S
from ingest.sinks.embedded import EmbeddedSink
from ingest.sinks.follow import follow
from ingest.sinks.influx import InfluxSink
from ingest.sinks.sink import Sink
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.wall_clock import watch_wall
from ingest.writer import Writer
from jemput.store.bins import Bins
from jemput.store.clock import Clock
from jemput.store.history import Cursors, EmbeddedHistory, EmbeddedReader
from jemput.store.influx import InfluxTarget
from jemput.store.influx_history import InfluxHistory
from jemput.store.outbox import Outbox
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from jemput.topics import READINGS_FILTER

LEAVE_S: Final = 2.0
"""How long what is being said may take to get through at the end."""


class _Hurry(NamedTuple):
    """How long a commit waits for more, and how often it is looked who is owed an ack."""

    longest_s: float
    look_s: float


_IN_TIME: Final = _Hurry(LONGEST_S, LOOK_S)
_AT_ONCE: Final = _Hurry(longest_s=0.002, look_s=0.002)


@dataclass(frozen=True)
class Group:
    """One group: its database and its clock, which runs so many times as fast as real time.

    Entries older than `keep_s` may go; None keeps them all. Where the clock `stands_still` until
    what was heard is acknowledged, nothing is gained by waiting for more. `client_id` names us at
    the broker; None draws a name once.
    """

    engine: Engine
    name: str
    clock: Clock
    speed: float = 1.0
    keep_s: float | None = None
    stands_still: bool = False
    client_id: str | None = None

    @property
    def hurry(self) -> _Hurry:
        """How long what was heard may wait."""
        return _AT_ONCE if self.stands_still else _IN_TIME

    @property
    def follows_wall(self) -> bool:
        """Whether a step of the wall clock says something of this clock."""
        return self.speed == 1.0 and not self.stands_still


async def run_ingest(  # noqa: PLR0913, PLR0917 - one process and everything it reaches
    group: Group,
    writer: Writer,
    address: Address,
    api_url: str,
    influx: InfluxTarget | None,
    stop: asyncio.Event,
) -> None:
    """Hear, commit, acknowledge, follow and alert until `stop`; then drain."""
    quiet, nudge = asyncio.Event(), asyncio.Event()
    names = ClientIds.named(group.client_id) if group.client_id else ClientIds.of(writer)
    speaker = Speaker(address, names.speaker, may_connect=Ownership(writer).may_connect)
    async with (
        said_plainly(),
        _history_sink(group, influx) as (sink, cursors),
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        sender = _sender(group, speaker, session, api_url)

        acks = Acks(speaker, group.clock, group.hurry.look_s)
        committed = _both(nudge.set, sender.nudge)
        station = Station(writer, group.clock, acks, committed, group.hurry.longest_s)
        ear = station.ear = make_ear(address, names.ear, station, writer)
        speaking = tasks.create_task(speaker.run(), name="speaker")
        tasks.create_task(ear.listen(), name="ear")
        sending = tasks.create_task(sender.run(quiet), name="alerts")
        acking = tasks.create_task(acks.run(quiet), name="acks")
        tasks.create_task(follow(writer.journal, cursors, sink, quiet, nudge), name=sink.name)
        tasks.create_task(keep(writer.journal, group.clock, [sink.name], quiet, group.keep_s))
        if group.follows_wall:
            tasks.create_task(watch_wall(station, writer.fold.state.clock_trusted, quiet))
        await station.run(stop)
        await ear.close()
        quiet.set()
        await asyncio.wait({sending, acking}, timeout=LEAVE_S)
        acking.cancel()
        speaking.cancel()


def _both(first: Callable[[], None], second: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        first()
        second()

    return call


def make_ear(address: Address, client_id: str, station: Station, writer: Writer) -> LeanEar:
    """The ear of a station, which connects only while the group is its writer's."""
    owner = Owner(station.on_heard, station.on_link, Ownership(writer).may_connect)
    return LeanEar(address, Session(client_id, (READINGS_FILTER,)), owner)


@asynccontextmanager
async def _history_sink(
    group: Group, influx: InfluxTarget | None
) -> AsyncIterator[tuple[Sink, Cursors]]:
    """History is kept in one place: a row per reading beside InfluxDB would double its cost."""
    embedded = EmbeddedSink(EmbeddedHistory(group.engine, group.name))
    sink = InfluxSink(influx) if influx is not None else embedded
    cursors = Cursors(group.engine, group.name)
    cursors.keep_only([sink.name])
    try:
        yield sink, cursors
    finally:
        await sink.close()


def _sender(group: Group, speaker: Speaker, session: aiohttp.ClientSession, api_url: str) -> Sender:
    channels: dict[str, Channel] = {
        "log": LogChannel(),
        "mqtt": MqttChannel(speaker),
        "webhook": WebhookChannel(session),
    }
    registry = RegistryStore(group.engine, group.name)
    outbox = Outbox(group.engine, group.name)
    return Sender(outbox, registry.read, channels, group.clock, api_url, speed=group.speed)


def make_server(  # noqa: PLR0913 - one process and everything it reaches
    group: Group,
    gate: Gate,
    host: str,
    port: int,
    *,
    influx: InfluxTarget | None = None,
    invented: bool,
    open_reading: bool,
    api_url: str,
) -> Server:
    """The API, ready to serve."""
    embedded = EmbeddedReader(EmbeddedHistory(group.engine, group.name))
    services = Services(
        engine=group.engine,
        group=group.name,
        clock=group.clock,
        gate=gate,
        bins=Bins(group.engine, group.name),
        pickups=Pickups(group.engine, group.name),
        registry=RegistryStore(group.engine, group.name),
        history=embedded if influx is None else InfluxHistory(influx, group.clock),
        outbox=Outbox(group.engine, group.name),
        invented=invented,
        open_reading=open_reading,
        api_url=api_url,
    )
    return Server(create_app(services), host, port)
