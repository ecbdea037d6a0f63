"""The firmware's client, on MicroPython, with real brokers, plain and under TLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Nats
from tests.firmware import real_brokers
from tests.firmware.certificates import Authority
from tests.firmware.real_brokers import OWN, PASSWORD, TlsMosquitto, listening
from tests.firmware.talking import talk_to
from tests.servers import wait_until

TOLD: dict[str, Any] = {
    "password": PASSWORD,
    "will": f"{OWN}/status",
    "topics": [f"{OWN}/{kind}" for kind in ("ack", "config", "command")],
    "publish": [[f"{OWN}/reading", 300]],
}


@pytest.fixture(params=real_brokers.KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nats | TlsMosquitto]:
    made = real_brokers.make(request.param, tmp_path / "broker")
    with made:
        yield made


def test_it_is_heard_and_hears_what_was_retained(broker: Nats | TlsMosquitto) -> None:
    with listening(broker.port) as host:
        host.tell("ack", b'{"v":1,"upto":[[1,1]]}')
        said = talk_to(broker.port, **TOLD)
        wait_until(lambda: len(host.said("reading")) == 1, 60, "the reading")

        assert said["end"] == "done"
        assert said["granted"] is True
        assert said["heard"] == [[f"{OWN}/ack", '{"v":1,"upto":[[1,1]]}']]
        assert len(host.said("reading")[0]) == 300
        assert host.said("status") == []


def test_many_batches_go_through(broker: Nats | TlsMosquitto) -> None:
    with listening(broker.port) as host:
        said = talk_to(broker.port, **{**TOLD, "publish": [[f"{OWN}/reading", 8_000]] * 60})
        wait_until(lambda: len(host.said("reading")) >= 60, 60, "60 batches")

        assert said["end"] == "done"


def test_a_command_waits_for_the_sleeper(broker: Nats | TlsMosquitto) -> None:
    talk_to(broker.port, **TOLD)
    with listening(broker.port) as host:
        host.tell("command", b'{"do":"locate"}', retain=False)

    assert talk_to(broker.port, **TOLD)["heard"] == [[f"{OWN}/command", '{"do":"locate"}']]


def test_the_last_will_is_said_only_for_who_vanished(broker: Nats | TlsMosquitto) -> None:
    with listening(broker.port) as host:
        talk_to(broker.port, **TOLD, vanish=True)
        wait_until(lambda: host.said("status") == [b"lost"], 60, "the will")


def test_a_wrong_password_is_told_from_a_broken_link(broker: Nats | TlsMosquitto) -> None:
    end = talk_to(broker.port, **{**TOLD, "password": "guessed"})["end"]

    assert end in ("refused-4", "refused-5")


@pytest.mark.parametrize("kind", real_brokers.KINDS)
@pytest.mark.parametrize(
    ("shown", "end"),
    [("good", "done"), ("of another name", "tls"), ("expired", "tls"), ("of another CA", "tls")],
)
def test_tls_believes_only_our_own_ca(tmp_path: Path, kind: str, shown: str, end: str) -> None:
    ours, other = Authority(tmp_path / "ours"), Authority(tmp_path / "other")
    files = {
        "good": lambda: ours.issue("broker.test"),
        "of another name": lambda: ours.issue("elsewhere.test"),
        "expired": lambda: ours.issue("broker.test", days=-1),
        "of another CA": lambda: other.issue("broker.test"),
    }[shown]()

    with real_brokers.make(kind, tmp_path / "broker", files) as broker:
        said = talk_to(broker.port, **TOLD, authority=ours.der.hex(), name="broker.test")

    assert said["end"] == end
