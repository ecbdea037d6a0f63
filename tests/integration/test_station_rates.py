"""A device over its rate has its excess set aside; nobody else notices."""

import asyncio
from pathlib import Path

from sqlalchemy import Engine, func, select

from firmware.payload import encode_message
from ingest.acks import Acks
from ingest.decoding import read
from ingest.hearing import Heard, Receipt
from ingest.mqtt.session import Address
from ingest.rates import Rates
from ingest.sifting import Spoken
from ingest.speaking import Speaker
from ingest.station import Station
from ingest.writer import Writer
from jemput import topics
from jemput.fold.admission import Poison
from jemput.memory import WINDOW
from jemput.store.clock import RunClock
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.store.schema import outbox, quarantine
from tests.builders import START_S, town
from tests.servers import HOST, free_port

GROUP = "main"
NOW_MS = START_S * 1000


def heard(device: str, seq: int) -> Heard:
    """One message of one reading."""
    when = {"boot": 7, "seq": seq, "at": START_S, "clock": "ntp"}
    reading = {**when, "quality": "no_echo", "echoes": 0, "spread_mm": 0}
    payload = encode_message([reading], [(7, 1)])
    return Heard(topics.reading("coblong", device), payload, False, Receipt(1, 1))  # noqa: FBT003 - retained


def spoken(device: str, *seqs: int) -> list[Spoken]:
    """One message for each sequence, as they were read."""
    raws = [heard(device, seq) for seq in seqs]
    return [Spoken(one, read(one.topic, one.payload, retained=False)) for one in raws]


def reasons(judged: list[Spoken]) -> list[str | None]:
    """Why each was set aside; None for what passed."""
    return [one.read.reason if isinstance(one.read, Poison) else None for one in judged]


def test_a_whole_store_one_reading_a_message_passes_and_all_of_it_once_more() -> None:
    rates = Rates()
    for _ in range(2):
        judged, alarms = rates.sort(spoken("d-b1", *range(1, WINDOW + 1)), NOW_MS)
        assert set(reasons(judged)) == {None}
        assert alarms == []


def test_the_excess_keeps_its_bytes_and_names_what_is_settled_by_it() -> None:
    rates = Rates(burst=2, per_s=1)
    judged, alarms = rates.sort(spoken("d-b1", 1, 2, 3, 4), NOW_MS)

    assert reasons(judged) == [None, None, "rate", "rate"]
    over = judged[2].read
    assert isinstance(over, Poison)
    assert (over.payload, over.device, over.settled) == (judged[2].raw.payload, "d-b1", ((7, 3),))
    assert [one.about for one in alarms] == ["rate/d-b1"], "said once a flood"


def test_time_gives_back_and_others_are_not_concerned() -> None:
    rates = Rates(burst=2, per_s=1)
    rates.sort(spoken("d-b1", 1, 2, 3), NOW_MS)

    assert reasons(rates.sort(spoken("d-b2", 1, 2), NOW_MS)[0]) == [None, None]
    assert reasons(rates.sort(spoken("d-b1", 4), NOW_MS + 999)[0]) == ["rate"]
    assert reasons(rates.sort(spoken("d-b1", 5), NOW_MS + 1001)[0]) == [None]
    assert reasons(rates.sort(spoken("d-b1", 6, 7, 8), NOW_MS + 60_000)[0]) == [None, None, "rate"]


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    rates = Rates(burst=2, per_s=1)
    rates.sort(spoken("d-b1", 1, 2), NOW_MS)
    assert reasons(rates.sort(spoken("d-b1", 3), NOW_MS - 60_000)[0]) == ["rate"]
    assert reasons(rates.sort(spoken("d-b1", 4), NOW_MS + 1000)[0]) == [None]


def test_memory_is_bounded_and_who_floods_is_not_forgotten_for_it() -> None:
    rates = Rates(burst=2, per_s=1, most_devices=10)
    for number in range(50):
        rates.sort(spoken("flood", 1, 2, 3), NOW_MS)
        rates.sort(spoken(f"d-{number}", 1), NOW_MS)
    assert len(rates) == 10
    assert reasons(rates.sort(spoken("flood", 4), NOW_MS)[0]) == ["rate"]


def count(engine: Engine, reason: str) -> int:
    """How much is in quarantine for that reason."""
    query = select(func.count()).where(quarantine.c.reason == reason)
    with engine.connect() as connection:
        return connection.execute(query).scalar_one()


async def test_a_flood_is_settled_and_the_others_are_heard_in_the_middle_of_it(
    tmp_path: Path,
) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(engine)
    RegistryStore(engine, GROUP).change(town(["b1", "b2"]), by="test", now_ms=0)
    writer, stop, clock = Writer(engine, GROUP), asyncio.Event(), RunClock.wall()
    writer.take_over()
    acks = Acks(Speaker(Address(HOST, free_port()), "nobody-hears"), clock)
    station = Station(writer, clock, acks, lambda: None)
    station.rates = Rates(burst=100, per_s=0.001)
    flood = [heard("d-b1", seq) for seq in range(1, 2001)]
    calm = [heard("d-b2", seq) for seq in range(1, 4)]

    station.on_heard([*flood[:1500], *calm, *flood[1500:]])
    stop.set()
    async with asyncio.timeout(20):
        await station.run(stop)

    devices = writer.fold.state.devices
    assert devices["d-b2"].upto() == [(7, 3)]
    assert devices["d-b1"].upto() == [(7, 2000)], "the device may forget what was set aside"
    assert count(engine, "rate") == 1900
    assert writer.counts.readings == 103
    with engine.connect() as connection:
        told = connection.execute(select(outbox.c.key).distinct()).scalars().all()
    assert [key.split("/")[2:4] for key in told] == [["rate", "d-b1"]]
