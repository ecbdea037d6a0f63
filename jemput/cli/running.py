"""Putting together what runs as the ingester of a group."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import aiohttp

from ingest.acks import LOOK_S, Acks
from ingest.alerts.channels import Channel, LogChannel, MqttChannel, WebhookChannel
from ingest.alerts.sender import Sender
from ingest.claims import ClaimDesk
from ingest.client_ids import ClientIds
from ingest.events.teller import Teller
from ingest.hearing import Owner
from ingest.keeping import keep
from ingest.mqtt.lean import LeanEar
from ingest.mqtt.session import Address, Session
from ingest.ownership import Ownership, said_plainly
from ingest.pending import LONGEST_S
from ingest.remote.life import live
from ingest.sinks.embedded import EmbeddedSink
from ingest.sinks.facts import facts_after
from ingest.sinks.follow import follow
from ingest.sinks.influx import InfluxSink
from ingest.sinks.sink import Sink
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.wall_clock import watch_wall
from ingest.writer import Writer
from jemput.cli.group import Group
from jemput.store.claims import Claims
from jemput.store.clock import WallClock, wall_ms
from jemput.store.deliveries import Deliveries
from jemput.store.history import Cursors, EmbeddedHistory
from jemput.store.influx import InfluxTarget
from jemput.store.journal import Journal
from jemput.store.outbox import Outbox
from jemput.store.registry import RegistryStore
from jemput.topics import CLAIMS_FILTER, READINGS_FILTER

LEAVE_S: Final = 2.0
"""How long what is being said may take to get through at the end."""


class _Hurry(NamedTuple):
    """How long a commit waits for more, and how often it is looked who is owed an ack."""

    longest_s: float
    look_s: float


_IN_TIME: Final = _Hurry(LONGEST_S, LOOK_S)
_AT_ONCE: Final = _Hurry(longest_s=0.002, look_s=0.002)


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
    hurry = _AT_ONCE if group.stands_still else _IN_TIME
    names = ClientIds.named(group.client_id) if group.client_id else ClientIds.of(writer)
    speaker = Speaker(address, names.speaker, may_connect=Ownership(writer).may_connect)
    async with (
        said_plainly(),
        _history_sink(group, influx) as (sink, cursors),
        aiohttp.ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        sender = _sender(group, speaker, session, api_url)
        acks = Acks(speaker, group.clock, hurry.look_s)
        committed = _both(nudge.set, sender.nudge)
        station = Station(writer, group.clock, acks, committed, hurry.longest_s)
        ear = station.ear = make_ear(address, names.ear, station, writer)
        speaking = tasks.create_task(speaker.run(), name="speaker")
        tasks.create_task(ear.listen(), name="ear")
        sending = tasks.create_task(sender.run(quiet), name="alerts")
        acking = tasks.create_task(acks.run(quiet), name="acks")
        for name, beside in _beside(group, writer, speaker, address, names, sink.name, quiet):
            tasks.create_task(beside, name=name)
        tasks.create_task(follow(writer.journal, cursors, sink, quiet, nudge), name=sink.name)
        if isinstance(group.clock, WallClock):
            tasks.create_task(watch_wall(station, group.clock, writer.fold.state, quiet))
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


def _beside(  # noqa: PLR0913, PLR0917 - what they reach
    group: Group,
    writer: Writer,
    speaker: Speaker,
    address: Address,
    names: ClientIds,
    sink_name: str,
    quiet: asyncio.Event,
) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
    """What runs beside hearing and alerting, until `quiet`, by name."""
    yield "keeping", keep(writer.journal, group.clock, [sink_name], quiet, group.keep_s)
    yield "events", _teller(group).run(quiet)
    yield "devices", live(writer, group.clock, speaker, address, f"{names.ear}-status", quiet)
    yield "claims", claim_desk(writer, address, f"{names.ear}-claims").run(quiet)


def claim_desk(writer: Writer, address: Address, client_id: str) -> ClaimDesk:
    """Whoever gives devices the accounts that they ask for; by real time, as people allow it."""
    claims = Claims(writer.journal.engine, writer.journal.group)
    session, may_connect = Session(client_id, (CLAIMS_FILTER,)), Ownership(writer).may_connect

    def make_ear(owner: Owner) -> LeanEar:
        return LeanEar(address, session, replace(owner, may_connect=may_connect))

    return ClaimDesk(claims, wall_ms, make_ear)


def _teller(group: Group) -> Teller:
    letters, to_lan = Deliveries(group.engine, group.name), group.webhooks_to_lan
    return Teller(letters, group.clock, speed=group.speed, to_lan=to_lan)


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
    following = partial(facts_after, Journal(group.engine, group.name))
    sink = InfluxSink(influx, following) if influx is not None else embedded
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
    return Sender(outbox, registry.look, channels, group.clock, api_url, speed=group.speed)
