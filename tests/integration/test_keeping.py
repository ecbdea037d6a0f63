"""The ingester keeps its journal: a snapshot a day of the run's clock, and a retention."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from structlog.testing import capture_logs

from ingest import keeping
from ingest.mqtt.session import Address
from jemput.broker.account import INGEST, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.group import Group
from jemput.cli.running import run_ingest
from jemput.entry import Link
from jemput.fold.admission import Poison
from jemput.fold.state import dump
from jemput.store import quarantine_bound
from jemput.store.checkpoints import Checkpoints
from jemput.store.clock import RunClock
from jemput.store.database import writing
from jemput.store.history import Cursors
from jemput.store.journal import Journal
from jemput.store.quarantine import Quarantine, Wanted
from jemput.store.schema import journal
from tests.integration.small_town import GROUP, SmallTown

DAY_S = 86_400
PASSWORD = "a-password-for-tests"  # noqa: S105 - of a server that lives for a second


@dataclass
class SetClock:
    """Stands where the town's last entry is, or later."""

    town: SmallTown
    ahead_s: int = 0

    def now_ms(self) -> int:
        return (self.town.now_s + self.ahead_s) * 1000


@pytest.fixture
def town(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> SmallTown:
    """A town whose keeper looks often."""
    monkeypatch.setattr(keeping, "LOOK_S", 0.02)
    town = SmallTown(engine)
    town.fill(10, 20, 30)
    return town


async def kept(
    town: SmallTown, until: Callable[[], bool], *, ahead_s: int = 0, keep_s: float | None = None
) -> None:
    """Keep until it is so; it has to be within seconds, and to end when it is told."""
    stop = asyncio.Event()
    of_town = Journal(town.engine, GROUP)
    clock = SetClock(town, ahead_s)
    task = asyncio.create_task(
        keeping.keep(of_town, clock, ["embedded", "influx"], stop, keep_s=keep_s)
    )
    await became(until)
    stop.set()
    async with asyncio.timeout(1):
        await task


async def became(so: Callable[[], bool]) -> None:
    """Wait for it, but not for long."""
    for _ in range(250):
        if await asyncio.to_thread(so):
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not become so")


def snapshots(town: SmallTown) -> list[int]:
    return [position for position, _ in Checkpoints(town.engine, GROUP).snapshots()]


def passed(began_s: float, seconds: float) -> bool:
    return time.monotonic() - began_s >= seconds


async def test_a_day_later_there_is_a_snapshot_and_only_one(town: SmallTown) -> None:
    began_s = time.monotonic()
    await kept(town, lambda: passed(began_s, 0.3))
    assert snapshots(town) == []

    began_s = time.monotonic()
    await kept(town, lambda: passed(began_s, 0.5), ahead_s=DAY_S)
    assert snapshots(town) == [4]
    state = Checkpoints(town.engine, GROUP).snapshot_at(4)
    assert dump(state) == dump(town.writer.fold.state)

    town.now_s += DAY_S
    town.fill(40, 50)
    await kept(town, lambda: len(snapshots(town)) > 1)
    assert snapshots(town) == [4, 6]


async def test_with_a_retention_old_entries_go_once_every_sink_has_them(town: SmallTown) -> None:
    cursors = Cursors(town.engine, GROUP)
    cursors.put("switched-off", 1)
    await kept(town, lambda: len(snapshots(town)) == 1, ahead_s=DAY_S, keep_s=DAY_S)
    for _ in range(2):
        town.now_s += DAY_S
        town.fill(40, 50)
        count = len(snapshots(town))
        await kept(town, lambda count=count: len(snapshots(town)) > count, keep_s=DAY_S)  # type: ignore[misc]
    assert Journal(town.engine, GROUP).first() == 1  # influx has read nothing

    cursors.put("influx", 8)
    town.now_s += DAY_S
    town.fill(60)
    await kept(town, lambda: Journal(town.engine, GROUP).first() > 1, keep_s=DAY_S)
    assert set(cursors.all()) == {"embedded", "influx"}


async def test_a_journal_that_is_damaged_stops_nobody(town: SmallTown) -> None:
    with writing(town.engine) as connection:
        harm = update(journal).where(journal.c.position == 2)
        connection.execute(harm.values(blob=b"harmed"))
    began_s = time.monotonic()
    with capture_logs() as said:
        await kept(town, lambda: passed(began_s, 0.3), ahead_s=DAY_S)
    assert snapshots(town) == []
    assert [one["event"] for one in said] == ["snapshot_failed"]
    assert "entry 2 is damaged" in said[0]["problem"]


async def test_the_quarantine_is_bounded_and_says_so_before(town: SmallTown) -> None:
    for number in range(3):
        town.commit(poison=(Poison("t", bytes(100), "not_json", "", "d-b1"),))
        town.now_s += 50 * DAY_S * (number == 0)
    kept_s = quarantine_bound.KEPT_DAYS * DAY_S
    quarantine = Quarantine(town.engine, GROUP)

    def waiting() -> int:
        return quarantine.counts(Wanted()).get("not_json", 0)

    began_s = time.monotonic()
    with capture_logs() as said:
        await kept(town, lambda: passed(began_s, 0.2), ahead_s=kept_s - 53 * DAY_S)
    assert waiting() == 3
    assert "1 messages go within 7 days: each is kept for 90" in [
        one.get("problem") for one in said
    ]
    with capture_logs() as said:
        began_s = time.monotonic()
        await kept(town, lambda: passed(began_s, 0.5), ahead_s=kept_s - 50 * DAY_S)
    assert waiting() == 2
    assert [one["messages"] for one in said if one["event"] == "quarantine_dropped"] == [1]


async def test_the_quarantine_is_bounded_in_size_and_the_oldest_go(town: SmallTown) -> None:
    for number in range(120):
        town.commit(poison=(Poison("t", bytes(100), "not_json", str(number), "d-b1"),))
    bound = quarantine_bound.QuarantineBound(town.engine, GROUP, most_bytes=12_000)
    assert bound.notice(town.now_s * 1000) is not None
    assert list(bound.drop(town.now_s * 1000)) == []
    town.commit(poison=(Poison("t", bytes(100), "not_json", "newest", "d-b1"),))
    assert max(bound.drop(town.now_s * 1000)) == quarantine_bound.MESSAGES_AT_ONCE
    assert Quarantine(town.engine, GROUP).get(121).detail == "newest"
    assert bound.notice(town.now_s * 1000) is None


async def test_the_ingester_does_it(town: SmallTown, tmp_path: Path) -> None:
    town.commit(events=(Link(up=False),))  # so that nobody is alerted for the days in between
    clock = RunClock(town.now_s + 2 * DAY_S, 1.0, time.monotonic())
    group = Group(town.engine, GROUP, clock)
    settings = NatsSettings(tmp_path / "broker", free_port())
    settings.folder.mkdir()
    stop = asyncio.Event()
    with NatsServer(settings, [ingest_user(PASSWORD)]):
        address = Address(LOOPBACK, settings.port, INGEST, PASSWORD)
        running = asyncio.create_task(
            run_ingest(group, town.writer, address, "http://x", None, stop)
        )
        await became(lambda: bool(snapshots(town)))
        stop.set()
        await running
    assert snapshots(town)[0] >= 4
