"""What the lean ear promises beyond the contract: when it notices, what it refuses, TLS."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.kept_library import KeptLibraryEar
from ingest.mqtt.lean import LeanEar
from ingest.mqtt.session import Address, Session
from jemput.broker.account import BrokerUser
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from tests.brokers import EAR, PASSWORD, Broker
from tests.listener import Listener, say, until
from tests.proxy import Proxy
from tests.servers import HOST

WELCOME = b"\x20\x02\x00\x00"
GRANTED = b"\x90\x03\x00\x01\x01"
DISCONNECT = b"\xe0\x00"
MESSAGE = b"\x32\x07\x00\x03t/1\x00\x09"


@asynccontextmanager
async def scripted(
    *answers: bytes, linger_s: float = 0.0
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers each of its reads with the next of `answers`; yields port and reads.

    After a DISCONNECT it waits so long for the client to close first, and says so with `EOF`.
    """
    reads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            reads.append(await reader.read(65_536))
            writer.write(answer)
        while data := await reader.read(65_536):
            reads.append(data)
            if data.endswith(DISCONNECT):
                break
        with suppress(TimeoutError):
            reads.append(b"EOF" + await asyncio.wait_for(reader.read(), linger_s))
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1], reads
    finally:
        server.close()


async def test_a_half_open_link_is_noticed_within_a_keepalive(broker: Broker) -> None:
    session = Session("lean", ("t/#",), keepalive_s=1)
    async with Proxy(broker.port) as proxy, Listener(LeanEar, proxy.port, session=session) as it:
        await it.is_up()
        await asyncio.sleep(2)
        was = list(it.links)
        proxy.freeze()
        await it.is_down(timeout_s=1.5)
        proxy.thaw()

    assert was == [True]
    assert any("fallen silent" in trouble for trouble in it.troubles)


async def test_a_socket_that_is_full_is_heard_in_few_batches_and_acked_in_one_write(
    broker: Broker,
) -> None:
    async with Listener(LeanEar, broker.port) as first:
        await first.is_up()
    await say(broker.port, *[b"%d" % number for number in range(500)])
    async with Listener(LeanEar, broker.port) as second:
        await second.hears(500)
        second.ear.acknowledge(second.receipts)

    assert len(second.batches) < 100


async def test_what_a_resumed_session_says_before_the_suback_waits_for_it() -> None:
    session = Session("lean", ("t/#",))
    script = scripted(WELCOME + MESSAGE, GRANTED + MESSAGE)
    async with script as (port, _), Listener(LeanEar, port, session=session) as it:
        await it.hears(2)

    assert it.links == [True, False]
    assert len(it.batches) == 1


async def test_a_refused_subscription_says_what_to_check_and_hears_nothing() -> None:
    session = Session("lean", ("t/#",))
    script = scripted(WELCOME + MESSAGE, b"\x90\x03\x00\x01\x80")
    async with script as (port, _), Listener(LeanEar, port, session=session) as it:
        await until(lambda: bool(it.troubles), "a trouble")

    assert "refuses to let us hear t/#" in it.troubles[0]
    assert it.heard == []
    assert it.links == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(MESSAGE, id="a message before the welcome"),
        pytest.param(GRANTED, id="a grant before the welcome"),
        pytest.param(WELCOME + WELCOME, id="two welcomes"),
        pytest.param(WELCOME + b"\x90\x04\x00\x01\x01\x01", id="a grant of two for one"),
        pytest.param(WELCOME + b"\x90\x03\x00\x02\x01", id="a grant of something else"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="not MQTT"),
    ],
)
async def test_a_broker_that_breaks_the_protocol_is_left(answer: bytes) -> None:
    async with scripted(answer) as (port, _), Listener(LeanEar, port) as it:
        await until(lambda: bool(it.troubles), "a trouble")

    assert it.links == []
    assert it.heard == []


async def test_who_never_answers_is_given_up() -> None:
    session = Session("lean", ("t/#",), timeout_s=0.2)
    async with scripted() as (port, _), Listener(LeanEar, port, session=session) as it:
        await until(lambda: bool(it.troubles), "a trouble")

    assert "does not answer as an MQTT broker" in it.troubles[0]


async def test_closing_sends_what_was_acknowledged_and_then_a_disconnect() -> None:
    script = scripted(WELCOME, GRANTED + MESSAGE)
    async with script as (port, reads), Listener(LeanEar, port) as it:
        await it.hears(1)
        it.ear.acknowledge(it.receipts)

    assert b"".join(reads).endswith(b"\x40\x02\x00\x09" + DISCONNECT)


async def test_closing_lets_the_broker_hang_up_first() -> None:
    async with (
        scripted(WELCOME, GRANTED, linger_s=0.3) as (port, reads),
        Listener(LeanEar, port) as it,
    ):
        await it.is_up()
    await asyncio.sleep(0.1)

    assert b"".join(reads).endswith(DISCONNECT), "closing first lost one ack in eight on Mosquitto"


async def test_closing_does_not_wait_for_ever_for_the_broker() -> None:
    async with scripted(WELCOME, GRANTED, linger_s=30) as (port, _), Listener(LeanEar, port) as it:
        await it.is_up()
        began = asyncio.get_running_loop().time()
        await it.ear.close()

        assert asyncio.get_running_loop().time() - began < 5


async def test_acknowledging_without_a_link_is_nothing() -> None:
    async with scripted(WELCOME, GRANTED + MESSAGE) as (port, _), Listener(LeanEar, port) as it:
        await it.hears(1)
    it.ear.acknowledge(it.receipts)

    assert it.links == [True, False]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that nobody but itself vouches for, and its key."""
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    out = ["-out", str(files[0]), "-keyout", str(files[1])]
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: sudo apt-get install openssl")
    subprocess.run([openssl, *request, *name, *out], check=True, capture_output=True)
    return files


@pytest.fixture
def tls_broker(certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[NatsServer]:
    """Our embedded broker, over TLS."""
    cert, key = certificate
    settings = NatsSettings(tmp_path / "nats", free_port(), certificate=cert, key=key)
    user = BrokerUser(EAR, PASSWORD, publish=("t/#",), subscribe=("t/#",))
    with NatsServer(settings, [user]) as server:
        yield server


@pytest.mark.parametrize("kind", [LeanEar, KeptLibraryEar])
async def test_it_hears_over_tls_from_a_broker_it_trusts(
    tls_broker: NatsServer, certificate: tuple[Path, Path], kind: type[LinkedEar]
) -> None:
    tls = ssl.create_default_context(cafile=str(certificate[0]))
    where = Address("localhost", tls_broker.settings.port, EAR, PASSWORD, tls)
    async with Listener(kind, where) as listener:
        await listener.is_up()

    assert listener.troubles == []


async def test_it_does_not_connect_to_a_broker_that_nobody_vouches_for(
    tls_broker: NatsServer,
) -> None:
    tls = ssl.create_default_context()
    where = Address("localhost", tls_broker.settings.port, EAR, PASSWORD, tls)
    async with Listener(LeanEar, where) as listener:
        await until(lambda: bool(listener.troubles), "a trouble")

    assert "its certificate is refused" in listener.troubles[0]
    assert listener.links == []
