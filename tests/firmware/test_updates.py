"""An application over MQTT, whole wakes with real brokers: taken, kept, left, or never begun."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from jemput import payload, topics
from jemput.cli.remote.compiling import compiled
from jemput.remote import status, update
from jemput.remote.status import Status
from jemput.remote.update import Release
from tests.firmware import real_brokers, releases
from tests.firmware.device import DeskDevice
from tests.firmware.real_brokers import DEVICE, SITE, Listener
from tests.servers import wait_until

KEY = update.device_key(releases.TOWN_KEY, DEVICE)
MOST_WAKES = 40


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


def test_bytecode_is_taken_in_place_of_source(device: DeskDevice, host: Listener) -> None:
    files = compiled(releases.source("9.1"))
    publish(host, update.release("9.1", files), 7)
    wake_until(device, host, "b")
    assert device.wake(heap="96K")["reason"] is None

    assert statuses(host, 2)[-1].firmware == "9.1"


def test_one_that_crashes_is_left_after_three_starts_and_never_taken_again(
    device: DeskDevice, host: Listener
) -> None:
    files = releases.source("9.1", wake=releases.CRASHES)
    publish(host, update.release("9.1", files), 7)
    wake_until(device, host, "b")
    assert [device.crashes() for _ in range(3)] == [True] * 3
    assert device.wake()["reason"] is None
    device.wake()

    last = statuses(host, 3)[-1]
    assert (last.firmware, last.release, last.update) == ("0.1.0", 0, (7, "rolled-back", 0))
    assert slots(device)["active"] == "a"


def test_one_that_nobody_acknowledges_is_left(device: DeskDevice, host: Listener) -> None:
    publish(host, update.release("9.1", releases.source("9.1")), 7)
    wake_until(device, host, "b")
    wake_until(device, host, "a")
    device.wake()

    last = statuses(host, 10)[-1]
    assert (last.firmware, last.update) == ("0.1.0", (7, "rolled-back", 0))


@pytest.mark.parametrize("number", [6, 7])
def test_an_older_release_is_not_taken_again(
    device: DeskDevice, host: Listener, number: int
) -> None:
    state = {"active": "a", "trial": 0, "boots": 0, "reports": 0, "release": 7, "bad": 0}
    device.put_slots({**state, "boot": 0, "seq": 0})
    publish(host, update.release("9.1", releases.source("9.1")), number)
    device.wake()

    assert statuses(host, 1)[-1].update == (None if number == 7 else (6, "old", 0))
    assert not (device.folder / "flash/b").exists()


def test_a_manifest_under_another_key_is_not_begun(device: DeskDevice, host: Listener) -> None:
    publish(host, update.release("9.1", releases.source("9.1")), 7)
    device.wake(update_key=(b"!" * 32).hex())
    device.wake(update_key="")
    device.wake(update_key=KEY.hex())

    words = [one.update[1] for one in statuses(host, 3) if one.update]
    assert words == ["bad-mac", "no-key", "trial"]


def test_a_piece_that_is_not_what_was_promised_is_given_up_after_three_times(
    device: DeskDevice, host: Listener
) -> None:
    made = update.release("9.1", releases.source("9.1"))
    publish(host, made, 7)
    host.publish(topics.chunk(made.digest, 0), b"x" * update.CHUNK_BYTES)
    for _ in range(4):
        device.wake()

    words = [one.update and one.update[1] for one in statuses(host, 4)]
    assert words == ["bad-hash", "bad-hash", "bad-hash", "rolled-back"]


def test_an_update_goes_on_where_the_last_wake_left_it(device: DeskDevice, host: Listener) -> None:
    big = b"# " + b"-" * 5 * update.CHUNK_BYTES + b"\n"
    made = update.release("9.1", releases.source("9.1", spare=big))
    publish(host, made, 7)
    third = topics.chunk(hashlib.sha256(big).hexdigest(), 3)
    piece = update.chunks(big)[3]
    device.configure(report_every_s=900, answer_ms=300)
    host.publish(third, b"")  # not there yet
    device.wake()
    part = device.folder / "flash/b/part"
    assert part.stat().st_size == 3 * update.CHUNK_BYTES
    host.publish(third, piece)
    device.wake()

    assert [one.update and one.update[1] for one in statuses(host, 2)] == ["fetching", "trial"]
    assert slots(device)["active"] == "b"


def test_readings_outlive_an_update(device: DeskDevice, host: Listener) -> None:
    for _ in range(3):
        device.wake(port=1)
    device.settings["port"] = host.port
    publish(host, update.release("9.1", releases.source("9.1")), 7)
    wake_until(device, host, "b")
    (device.folder / "rtc").unlink()  # as if the new one kept it otherwise
    host.heard.clear()
    device.wake()

    wait_until(lambda: host.said("reading") != [], 60, "readings")
    [message] = [payload.decode(one) for one in host.said("reading")]
    assert len({(one.boot, one.seq) for one in message.readings}) == device.taken


@pytest.mark.parametrize(
    ("settings", "word"), [({"free_bytes": 30_000}, "no-room"), ({"battery_mv": 3_400}, None)]
)
def test_nothing_is_begun_on_a_full_flash_or_a_low_battery(
    device: DeskDevice, host: Listener, settings: dict[str, Any], word: str | None
) -> None:
    publish(host, update.release("9.1", releases.source("9.1", spare=b"x" * 40_000)), 7)
    device.wake(**settings)

    said = statuses(host, 1)[-1].update
    assert (said and said[1]) == word
    assert not (device.folder / "flash/slots").exists()
