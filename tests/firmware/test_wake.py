"""Whole wakes on MicroPython, with a real broker and the host's own understanding of the wire."""

from pathlib import Path

import pytest

from jemput import payload
from jemput.remote import status
from tests.firmware import real_brokers
from tests.firmware.device import METRE_US, DeskDevice
from tests.firmware.real_brokers import Listener
from tests.servers import wait_until


@pytest.fixture
def device(tmp_path: Path, port: int) -> DeskDevice:
    return DeskDevice(tmp_path / "device", port)


def messages(host: Listener, count: int) -> list[payload.WireMessage]:
    wait_until(lambda: len(host.said("reading")) >= count, 60, f"{count} messages")
    return [payload.decode(one) for one in host.said("reading")]


@pytest.mark.parametrize("port", real_brokers.KINDS, indirect=True)
def test_a_first_wake_reports_and_says_until_when_it_sleeps(
    device: DeskDevice, host: Listener
) -> None:
    outcome = device.wake()

    [message] = messages(host, 1)
    [reading] = message.readings
    assert outcome["reason"] is None
    assert (reading.seq, reading.quality, reading.distance_mm, reading.echoes) == (1, "ok", 1000, 9)
    assert list(message.kept) == [(reading.boot, 1)]
    wait_until(lambda: host.said("status") != [], 60, "status")
    assert b'"state":"asleep","until":0,' in host.said("status")[0]


def test_it_reports_by_time_and_by_change_and_is_silent_else(
    device: DeskDevice, host: Listener
) -> None:
    device.configure(report_every_s=3600, change_mm=100)
    for _ in range(4):
        device.wake()
    device.wake(echoes_us=[METRE_US + 290])  # 50 mm: nothing to talk about
    device.wake(echoes_us=[METRE_US + 870])
    device.wake(echoes_us=[0])

    sent = [[one.seq for one in message.readings] for message in messages(host, 4)]
    assert sent == [[1], [2, 3, 4, 5], [6], [7]]
    assert messages(host, 4)[3].readings[0].quality == "no_echo"


def test_an_acknowledgement_is_read_at_the_next_wake_and_frees(
    device: DeskDevice, host: Listener
) -> None:
    device.configure(report_every_s=900)
    device.wake()
    boot = messages(host, 1)[0].readings[0].boot
    host.tell("ack", payload.encode_ack([(boot, 1)]))
    device.wake()

    assert list(messages(host, 2)[1].kept) == [(boot, 2)]


def test_what_the_broker_took_and_nobody_acknowledged_goes_again(
    device: DeskDevice, host: Listener
) -> None:
    device.configure(report_every_s=900, resend_after=2)
    for _ in range(4):
        device.wake()

    sent = [[one.seq for one in message.readings] for message in messages(host, 4)]
    assert sent == [[1], [2], [1, 2, 3], [4]]


def test_an_outage_costs_nothing_but_rest(device: DeskDevice, host: Listener) -> None:
    device.configure(report_every_s=900, batch=7, answer_ms=300)
    good = device.settings["port"]
    reasons = [device.wake(port=1)["reason"] for _ in range(18)]
    for _ in range(16):
        device.wake(port=good)
        if host.said("reading"):
            break

    tried = [number for number, reason in enumerate(reasons) if reason]
    assert tried == [0, 1, 3, 7, 15]
    wait_until(lambda: len(_seqs(host)) == device.taken, 60, "the backlog")
    assert _seqs(host) == list(range(1, device.taken + 1))


def test_after_power_was_lost_no_reading_is_numbered_again(
    device: DeskDevice, host: Listener
) -> None:
    device.wake()
    device.lose_power()
    device.wake()

    first, second = (message.readings[0] for message in messages(host, 2))
    assert second.boot >> 15 == (first.boot >> 15) + 1
    assert (first.seq, second.seq) == (1, 1)


def test_a_configuration_holds_from_the_next_wake_and_a_bad_one_never(
    device: DeskDevice, host: Listener
) -> None:
    host.tell("config", b'{"v":1,"version":3,"measure_every_s":600}')
    assert device.wake()["sleep_s"] == 900
    host.tell("config", b'{"v":1,"version":4,"measure_every_s":1}')
    for _ in range(6):
        assert device.wake()["sleep_s"] == 600

    wait_until(lambda: len(host.said("status")) == 2, 60, "status")
    assert b'"config":3,' in host.said("status")[-1]


def test_a_bad_configuration_is_refused_and_the_status_says_why(
    device: DeskDevice, host: Listener
) -> None:
    host.tell("config", b'{"v":1,"version":4,"pings":26}')
    device.wake()

    wait_until(lambda: host.said("status") != [], 60, "status")
    said = status.decode(host.said("status")[0])
    assert said is not None
    assert (said.config, said.refused) == (0, (4, "pings is not between 1 and 25"))


def test_a_configuration_with_which_no_report_comes_through_is_left(
    device: DeskDevice, host: Listener
) -> None:
    device.configure(report_every_s=900)
    host.tell("config", b'{"v":1,"version":5,"measure_every_s":60,"report_every_s":60}')
    assert device.wake()["sleep_s"] == 900
    good = device.settings["port"]
    sleeps = [device.wake(port=1)["sleep_s"] for _ in range(8)]
    for _ in range(16):
        device.wake(port=good)
        if len(host.said("status")) > 1:
            break

    assert sleeps == [60] * 8
    assert device.wake()["sleep_s"] == 900
    said = status.decode(host.said("status")[-1])
    assert said is not None
    assert (said.config, said.refused) == (1, (5, "no report came through with it"))


def test_a_command_is_obeyed_once(device: DeskDevice, host: Listener) -> None:
    device.configure(report_every_s=900)
    device.wake()
    host.tell("command", b'{"v":1,"id":7,"do":"locate"}', retain=False)
    host.tell("command", b'{"v":1,"id":7,"do":"locate"}', retain=False)
    host.tell("command", b'{"v":1,"id":8,"do":"explode"}', retain=False)

    assert device.wake()["commands"] == ["locate"]
    assert device.wake()["commands"] == []
    assert (device.folder / "located").read_text() == "1"
    wait_until(lambda: len(host.said("status")) == 3, 60, "status")
    told = [status.decode(one) for one in host.said("status")]
    assert [one.commands for one in told if one] == [
        (),
        ((7, "done"), (8, "unknown")),
        ((8, "unknown"),),
    ]


def test_a_command_is_obeyed_once_though_power_was_lost(device: DeskDevice, host: Listener) -> None:
    device.wake()
    host.tell("command", b'{"v":1,"id":7,"do":"reboot"}', retain=False)
    assert device.wake(echoes_us=[2 * METRE_US])["commands"] == ["reboot"]
    device.lose_power()
    host.tell("command", b'{"v":1,"id":7,"do":"reboot"}', retain=False)

    assert device.wake()["commands"] == []


def test_who_is_told_to_measure_does_so_and_says_it_before_it_sleeps(
    device: DeskDevice, host: Listener
) -> None:
    device.wake()
    host.tell("command", b'{"v":1,"id":7,"do":"measure"}', retain=False)
    device.wake(echoes_us=[2 * METRE_US])

    assert [one.seq for one in messages(host, 2)[1].readings] == [2, 3]


def test_a_refused_password_is_tried_once_a_day(device: DeskDevice) -> None:
    right = device.settings["password"]
    reasons = [device.wake(password=right + "?")["reason"] for _ in range(3)]

    assert reasons[0].startswith("refused-")
    assert reasons[1:] == [None, None]
    assert [device.wake(password=right)["reason"] for _ in range(95)] == [None] * 95


def test_a_weak_battery_sleeps_longer_and_an_empty_one_for_ever(
    device: DeskDevice, host: Listener
) -> None:
    assert device.wake(battery_mv=3_400)["sleep_s"] == 3_600
    assert [device.wake(battery_mv=mv)["sleep_s"] for mv in (3_299, 3_299, 3_301)] == [3_600] * 3
    assert [device.wake(battery_mv=3_299)["sleep_s"] for _ in range(3)] == [3_600, 3_600, None]
    assert messages(host, 1)[0].readings[0].battery_mv == 3_400


@pytest.mark.parametrize(
    "word", [b"", b"[]", b'{"v":1,"upto":7}', b'{"v":1}', b"\xff\xfe", b"{" * 4000]
)
def test_nothing_that_is_said_to_it_stops_it(
    device: DeskDevice, host: Listener, word: bytes
) -> None:
    device.configure(report_every_s=900)
    device.wake()
    for kind in ("ack", "config", "command"):
        host.tell(kind, word)

    assert device.wake()["reason"] is None


def _seqs(host: Listener) -> list[int]:
    found = [payload.decode(one) for one in host.said("reading")]
    return [reading.seq for message in found for reading in message.readings]
