"""Who may speak to a broker, changed while it runs: the same promises by both kinds."""

import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from aiomqtt import Client, MqttError

from jemput.broker.account import BrokerUser, collector_user, device_user, ingest_user, new_password
from jemput.broker.accounts import BrokerAccounts, NatsAccounts
from jemput.broker.config import NatsSettings
from jemput.broker.mosquitto import ACL, PASSWORDS, MosquittoAccounts
from jemput.broker.nats import NatsServer
from jemput.topics import READINGS_FILTER
from tests.servers import HOST, Mosquitto, free_port

LONG_S: Final = 30.0
FORGED_S: Final = 0.5
LOOK_S: Final = 0.05
INGEST: Final = ingest_user(new_password())
STAYS, LEAVES, COMES = (
    device_user(name, new_password()) for name in ("dev-stays", "dev-leaves", "dev-comes")
)


HASHED: Final = {user: user.account() for user in (INGEST, STAYS, LEAVES, COMES)}
AT_FIRST: Final = [HASHED[user] for user in (INGEST, STAYS, LEAVES)]


@dataclass
class Kept:
    """A broker that runs, and its accounts: each user's hashes stay what they were."""

    port: int
    accounts: BrokerAccounts

    async def put(self, *users: BrokerUser) -> None:
        """These may speak, and nobody else."""
        accounts = [HASHED[one] if one in HASHED else one.account() for one in users]
        await asyncio.to_thread(self.accounts.put, accounts)

    def client(self, user: BrokerUser, password: str | None = None) -> Client:
        """A connection of that user's."""
        word = user.password if password is None else password
        return Client(HOST, self.port, username=user.name, password=word, timeout=LONG_S)

    async def lets_in(self, user: BrokerUser, password: str | None = None) -> bool:
        """Whether it takes a connection."""
        let_in = False
        with suppress(MqttError):
            async with self.client(user, password):
                let_in = True
        return let_in

    async def soon(self, user: BrokerUser, *, let_in: bool) -> None:
        """Wait until it takes, or no longer takes, a user's connection."""
        async with asyncio.timeout(LONG_S):
            while await self.lets_in(user) is not let_in:  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(LOOK_S)


class ListedMosquitto(Mosquitto):
    """Mosquitto that reads who may speak from a folder of ours."""

    def arguments(self) -> list[str]:
        """Name our files."""
        ours = self.folder / "ours"
        arguments = super().arguments()
        config = self.folder / "mosquitto.conf"
        text = config.read_text().replace("allow_anonymous true", "allow_anonymous false")
        config.write_text(
            f"{text}password_file {ours / PASSWORDS}\nacl_file {ours / ACL}\n"
            f"pid_file {self.folder / 'pid'}\n"
        )
        return arguments


@contextmanager
def nats(folder: Path) -> Iterator[Kept]:
    """Our own broker, which knows the ingester and two devices."""
    with NatsServer(NatsSettings(folder, free_port()), AT_FIRST) as server:
        yield Kept(server.settings.port, NatsAccounts(server))


@contextmanager
def mosquitto(folder: Path) -> Iterator[Kept]:
    """Somebody's Mosquitto, whose files are there before it starts."""
    accounts = MosquittoAccounts(folder / "ours", folder / "pid")
    accounts.put(AT_FIRST)
    with ListedMosquitto(folder) as server:
        yield Kept(server.port, accounts)


@pytest.fixture(params=[nats, mosquitto])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A broker of each kind with the ingester and two devices."""
    with request.param(tmp_path / "broker") as made:
        yield made


@asynccontextmanager
async def cut_off(client: Client) -> AsyncIterator[Client]:
    """Inside, a connection; at the end it has to be ended by the broker."""
    with pytest.raises(MqttError):  # noqa: PT012 - the connection is the block
        async with client:
            yield client
            await asyncio.wait_for(anext(client.messages), LONG_S)


def reading_of(device: str) -> str:
    """Where a device writes."""
    return f"jemput/v1/pakam/{device}/reading"


async def forge(client: Client, topic: str) -> None:
    """Try to say what is not allowed.

    Brokers acknowledge that, as MQTT 3.1.1 asks; Mosquitto 2.0.11 without a limit of what is
    in flight ends the connection instead.
    """
    with suppress(MqttError):
        async with client:
            await client.publish(topic, b"forged", qos=1, retain=True, timeout=FORGED_S)


async def test_a_device_writes_below_its_own_level_only(kept: Kept) -> None:
    async with kept.client(INGEST) as ingest:
        await ingest.subscribe([(READINGS_FILTER, 1), ("jemput/v1/+/+/ack", 1)])
        for topic in (
            reading_of(LEAVES.name),
            "jemput/v1/pakam/dev-stays/reading/more",
            "jemput/v1/pakam/dev-stays/ack",
            "jemput/v1/pakam/dev-leaves/ack",
        ):
            await forge(kept.client(STAYS), topic)
        async with kept.client(STAYS) as device:
            await device.publish(reading_of(STAYS.name), b"own", qos=1)
        async with asyncio.timeout(LONG_S):
            heard = await anext(ingest.messages)

    assert (str(heard.topic), heard.payload) == (reading_of(STAYS.name), b"own")


async def test_a_device_hears_what_is_for_it_only(kept: Kept) -> None:
    async with kept.client(INGEST) as ingest, kept.client(STAYS) as device:
        for spied in ("jemput/v1/+/dev-leaves/ack", "jemput/v1/+/+/reading", "#"):
            await device.subscribe(spied, qos=1)
        await device.subscribe("jemput/v1/+/dev-stays/ack", qos=1)
        await ingest.publish("jemput/v1/pakam/dev-leaves/ack", b"another's", qos=1)
        await ingest.publish("jemput/v1/pakam/dev-stays/ack", b"own", qos=1)
        async with asyncio.timeout(LONG_S):
            heard = await anext(device.messages)

    assert heard.payload == b"own"


async def test_a_revoked_device_is_cut_off_and_cannot_return_while_others_stay(
    kept: Kept,
) -> None:
    async with kept.client(STAYS) as staying, kept.client(INGEST) as ingest:
        await ingest.subscribe(READINGS_FILTER, qos=1)
        async with cut_off(kept.client(LEAVES)):
            await kept.put(INGEST, STAYS)
        await kept.soon(LEAVES, let_in=False)
        await staying.publish(reading_of(STAYS.name), b"still here", qos=1)
        async with asyncio.timeout(LONG_S):
            heard = await anext(ingest.messages)

    assert heard.payload == b"still here"


async def test_a_new_device_connects_within_seconds_while_others_stay(kept: Kept) -> None:
    assert not await kept.lets_in(COMES)
    async with kept.client(STAYS) as staying:
        await kept.put(INGEST, STAYS, LEAVES, COMES)
        await kept.soon(COMES, let_in=True)
        await staying.publish(reading_of(STAYS.name), b"", qos=1)


async def test_a_wrong_password_is_refused(kept: Kept) -> None:
    assert not await kept.lets_in(STAYS, "wrong")
    assert not await kept.lets_in(STAYS, "")
    assert await kept.lets_in(STAYS)


async def test_a_new_password_ends_what_the_old_one_opened(kept: Kept) -> None:
    renewed = device_user(LEAVES.name, new_password())
    async with kept.client(STAYS) as staying:
        async with cut_off(kept.client(LEAVES)):
            await kept.put(INGEST, STAYS, renewed)
        await kept.soon(renewed, let_in=True)
        await staying.publish(reading_of(STAYS.name), b"", qos=1)

    assert not await kept.lets_in(LEAVES)


async def test_a_collectors_app_hears_its_own_alerts_only(kept: Kept) -> None:
    budi = collector_user("budi", new_password())
    await kept.put(INGEST, STAYS, budi)
    await kept.soon(budi, let_in=True)
    async with kept.client(INGEST) as ingest, kept.client(budi) as app:
        await app.subscribe("jemput/v1/collectors/+/alert", qos=1)
        await app.subscribe("jemput/v1/collectors/budi/alert", qos=1)
        await ingest.publish("jemput/v1/collectors/siti/alert", b"for siti", qos=1)
        await ingest.publish("jemput/v1/collectors/budi/alert", b"for budi", qos=1)
        async with asyncio.timeout(LONG_S):
            heard = await anext(app.messages)

    assert heard.payload == b"for budi"


async def test_a_collectors_app_says_nothing(kept: Kept) -> None:
    budi = collector_user("budi", new_password())
    await kept.put(INGEST, STAYS, budi)
    await kept.soon(budi, let_in=True)
    alerts = ("jemput/v1/collectors/budi/alert", "jemput/v1/collectors/siti/alert")
    async with kept.client(INGEST) as ingest, kept.client(budi) as app:
        await ingest.subscribe([(READINGS_FILTER, 1), ("jemput/v1/+/+/ack", 1)])
        await app.subscribe(alerts[0], qos=1)
        for topic in (*alerts, reading_of(STAYS.name), "jemput/v1/pakam/dev-stays/ack"):
            await forge(kept.client(budi), topic)
        async with kept.client(STAYS) as device:
            await device.publish(reading_of(STAYS.name), b"own", qos=1)
        await ingest.publish(alerts[0], b"a call", qos=1)
        async with asyncio.timeout(LONG_S):
            heard, told = await anext(ingest.messages), await anext(app.messages)

    assert (heard.payload, told.payload) == (b"own", b"a call")


def test_its_files_are_for_our_eyes_only_and_hold_no_password(tmp_path: Path) -> None:
    user = device_user("dev-1", new_password())
    MosquittoAccounts(tmp_path / "ours", tmp_path / "no-pid").put([user.account()])

    for name in (PASSWORDS, ACL):
        file = tmp_path / "ours" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert user.password not in file.read_text()


async def test_mosquitto_tells_the_ingester_its_version_and_nobody_else(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as kept:
        async with kept.client(INGEST) as ingest, kept.client(STAYS) as device:
            await device.subscribe("$SYS/broker/version", qos=1)
            await device.subscribe("jemput/v1/+/dev-stays/ack", qos=1)
            await ingest.subscribe("$SYS/#", qos=1)
            async with asyncio.timeout(LONG_S):
                told = await anext(ingest.messages)
            await ingest.publish("jemput/v1/pakam/dev-stays/ack", b"own", qos=1)
            async with asyncio.timeout(LONG_S):
                heard = await anext(device.messages)

    assert str(told.topic) == "$SYS/broker/version"
    assert b"mosquitto version" in bytes(told.payload)
    assert heard.payload == b"own"
