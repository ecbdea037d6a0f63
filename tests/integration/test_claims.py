"""A device claims its account at a real broker: it says a password, and is let in with it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest.mqtt.session import Address
from ingest.writer import Writer
from jemput.broker.account import claim_user, device_user, new_password
from jemput.cli.broker_link import accounts_of
from jemput.cli.running import claim_desk
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.claims import Claims
from jemput.store.clock import wall_ms
from jemput.store.database import create_tables, open_database
from jemput.topics import CLAIMS_FILTER, READINGS_FILTER, STATUS_FILTER, claim
from tests.contract.broker.test_broker_accounts import HASHED, INGEST, Kept, forge, kept
from tests.listener import until
from tests.servers import HOST

__all__ = ["kept"]
GROUP = "main"
LONG_S = 60
SECRET, DRAWN = new_password(), new_password()
ASKS = claim_user("d-1", SECRET)
WANTS = claim("pakam", "d-1")
SAID = json.dumps({"v": 1, "password": DRAWN}).encode()


@dataclass
class Desk:
    """A broker as its database has it, and the claims in there."""

    kept: Kept
    claims: Claims

    def put(self) -> None:
        """As `jemput broker` does about once a second."""
        known = accounts_of(BrokerAccountStore(self.claims.engine))
        self.kept.accounts.put([HASHED[INGEST], *known])

    @asynccontextmanager
    async def taking(self) -> AsyncIterator[None]:
        """Claims are taken, meanwhile."""
        quiet, writer = asyncio.Event(), Writer(self.claims.engine, GROUP)
        writer.take_over()
        where = Address(HOST, self.kept.port, INGEST.name, INGEST.password)
        running = claim_desk(writer, where, "hears-claims").run(quiet, look_s=0.1)
        task = asyncio.create_task(running)
        try:
            yield
        finally:
            quiet.set()
            await task


@pytest.fixture
def desk(kept: Kept, tmp_path: Path) -> Iterator[Desk]:
    """A device with a claim that is closed."""
    engine = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(engine)
    claims = Claims(engine, GROUP)
    claims.make({"d-1": ASKS.account().hashes}, by="sri", now_ms=wall_ms())
    made = Desk(kept, claims)
    made.put()
    yield made
    engine.dispose()


def written(folder: Path) -> bytes:
    """All that the database has on the disk."""
    return b"".join(file.read_bytes() for file in folder.glob("jemput.db*"))


def problems(logs: Sequence[Mapping[str, object]]) -> set[object]:
    """Why claims were not taken."""
    return {one["problem"] for one in logs if one["event"] == "claim_not_taken"}


async def ask(desk: Desk, payloads: Sequence[bytes], is_done: Callable[[], bool]) -> None:
    """Say them again and again, as a device does at each wake."""
    async with asyncio.timeout(LONG_S), desk.kept.client(ASKS) as device:
        while not is_done():
            for payload in payloads:
                await device.publish(WANTS, payload, qos=1)
            with suppress(TimeoutError):
                await until(is_done, "an end", 0.5)


async def allow(desk: Desk) -> None:
    """Open the claim, and wait until the broker knows."""
    desk.claims.allow("d-1", by="sri", now_ms=wall_ms())
    await asyncio.to_thread(desk.put)
    await desk.kept.soon(ASKS, let_in=True)


async def test_a_device_says_a_password_and_is_let_in_with_it(desk: Desk, tmp_path: Path) -> None:
    itself = device_user("d-1", DRAWN)
    assert not await desk.kept.lets_in(ASKS)
    async with desk.taking():
        await allow(desk)
        await ask(desk, [SAID], lambda: desk.claims.list()[0].open_until_ms is None)
        await asyncio.to_thread(desk.put)

        await desk.kept.soon(itself, let_in=True)
        await desk.kept.soon(ASKS, let_in=False)
    assert DRAWN.encode() not in written(tmp_path)


async def test_it_says_nothing_else_and_hears_nothing(desk: Desk) -> None:
    await allow(desk)
    forbidden = (
        claim("pakam", "d-2"),
        "jemput/v1/pakam/d-1/reading",
        "jemput/v1/pakam/d-1/status",
        "jemput/v1/collectors/budi/alert",
    )
    async with desk.kept.client(INGEST) as ingest, desk.kept.client(ASKS) as spy:
        await ingest.subscribe([(READINGS_FILTER, 1), (STATUS_FILTER, 1), (CLAIMS_FILTER, 1)])
        for heard in ("#", WANTS, "jemput/v1/+/d-1/ack"):
            await spy.subscribe(heard, qos=1)
        for topic in forbidden:
            await forge(desk.kept.client(ASKS), topic)
        await ingest.publish("jemput/v1/pakam/d-1/ack", b"not for it", qos=1)
        async with desk.kept.client(ASKS) as device:
            await device.publish(WANTS, SAID, qos=1)
        async with asyncio.timeout(LONG_S):
            first = await anext(ingest.messages)

        assert str(first.topic) == WANTS
        assert len(spy.messages) == 0


async def test_what_is_no_claim_is_logged_without_its_bytes_and_kept_nowhere(
    desk: Desk, tmp_path: Path
) -> None:
    word = DRAWN[:-1]
    with capture_logs() as logs:
        async with desk.taking():
            await allow(desk)
            short = json.dumps({"v": 1, "password": word[:9]}).encode()
            await ask(desk, [word.encode(), short], lambda: len(problems(logs)) == 2)

    assert not any(word[:9] in str(one) for one in logs)
    assert desk.claims.list()[0].open_until_ms is not None
    assert word[:9].encode() not in written(tmp_path)
