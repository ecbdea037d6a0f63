"""An application over MQTT, whole wakes with real brokers: taken, kept, left, or never begun."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jemput import payload
from jemput.remote import status, update
from jemput.remote.status import Status
from jemput.remote.update import Release
from tests.firmware import real_brokers, releases
from tests.firmware.device import DeskDevice
from tests.firmware.real_brokers import DEVICE, SITE, Listener, listening
from tests.servers import wait_until

KEY = update.device_key(releases.TOWN_KEY, DEVICE)
MOST_WAKES = 40


@pytest.fixture
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    kind = getattr(request, "param", "mosquitto")
    with real_brokers.make(kind, tmp_path / "broker") as broker:
        yield broker.port


@pytest.fixture
def host(port: int) -> Iterator[Listener]:
    with listening(port) as listener:
        yield listener


@pytest.fixture
def device(tmp_path: Path, port: int) -> DeskDevice:
    made = DeskDevice(tmp_path / "device", port, update_key=KEY.hex())
    made.configure(report_every_s=900)
    releases.install(made.folder / "flash", releases.source())
    return made


def publish(host: Listener, made: Release, number: int) -> None:
    releases.publish(host.publish, made, number, DEVICE, SITE)


def statuses(host: Listener, count: int) -> list[Status]:
    wait_until(lambda: len(host.said("status")) >= count, 60, f"{count} statuses")
    found = [status.decode(one) for one in host.said("status")]
    assert None not in found
    return [one for one in found if one]


def acknowledge(host: Listener) -> None:
    """As the host does, once it has everything."""
    upto: dict[int, int] = {}
    for one in host.said("reading"):
        for reading in payload.decode(one).readings:
            upto[reading.boot] = max(upto.get(reading.boot, 0), reading.seq)
    host.tell("ack", payload.encode_ack(sorted(upto.items())))


def slots(device: DeskDevice) -> dict[str, Any]:
    text = (device.folder / "flash/slots").read_bytes()[:-4]
    found: dict[str, Any] = json.loads(text)
    return found


def wake_until(device: DeskDevice, host: Listener, active: str) -> None:
    for _ in range(MOST_WAKES):
        device.wake()
        file = device.folder / "flash/slots"
        if file.exists() and slots(device)["active"] == active:
            return
    raise AssertionError(host.said("status")[-1])


@pytest.mark.parametrize("port", real_brokers.KINDS, indirect=True)
def test_an_update_is_fetched_tried_and_kept_once_its_report_is_acknowledged(
    device: DeskDevice, host: Listener
) -> None:
    publish(host, update.release("9.1", releases.source("9.1")), 7)
    wake_until(device, host, "b")
    assert device.wake()["reason"] is None
    acknowledge(host)
    device.wake()
    device.wake()

    heard = statuses(host, 4)
    assert (heard[0].firmware, heard[-1].firmware, heard[-1].release) == ("0.1.0", "9.1", 7)
    assert heard[-2].update == (7, "on-trial", 0)
    assert heard[-1].update is None
    assert (slots(device)["trial"], slots(device)["release"]) == (0, 7)
