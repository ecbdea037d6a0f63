"""A broker with Debian's defaults forgets its sessions; an ear must not make that worse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.session import FORGOTTEN
from tests import brokers
from tests.listener import Listener, say
from tests.servers import Mosquitto


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Mosquitto]:
    """Mosquitto as Debian configures it."""
    with brokers.mosquitto(tmp_path / "broker", lossless=False) as running:
        yield running


async def test_late_acknowledgements_do_not_eat_new_messages_under_old_numbers(
    forgetful: Mosquitto, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, forgetful.port) as listener:
        await listener.is_up()
        await say(forgetful.port, *[b"old%d" % number for number in range(5)])
        await listener.hears(5)
        old = listener.receipts
        forgetful.kill()
        await listener.is_down()
        forgetful.start()
        await listener.is_up(links=2)
        new = [b"new%d" % number for number in range(5)]
        await say(forgetful.port, *new)
        await listener.hears(10)
        listener.ear.acknowledge(old)
    async with Listener(kind, forgetful.port) as after:
        await after.hears(5)

    numbers = [receipt.packet_id for receipt in listener.receipts]
    assert numbers[:5] == numbers[5:], "else this shows nothing"
    assert after.payloads == new


async def test_a_forgotten_session_is_said_to_be_forgotten(
    forgetful: Mosquitto, kind: type[LinkedEar]
) -> None:
    async with Listener(kind, forgetful.port) as listener:
        await listener.is_up()
        first = list(listener.troubles)
        forgetful.kill()
        await listener.is_down()
        forgetful.start()
        await listener.is_up(links=2)

    assert FORGOTTEN not in first
    assert FORGOTTEN in listener.troubles
