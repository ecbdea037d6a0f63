"""What the flood says is what a device says, and its bins rise, are full and are emptied."""

from itertools import pairwise

import pytest

from firmware.payload import encode_message
from ingest.hearing import Heard
from ingest.mqtt.decoder import Decoder
from jemput import topics
from jemput.geometry import Geometry, fill_percent
from jemput.payload import decode
from simulator.flood.messages import EMPTY_MM, FULL_MM, Message, Plan, Writer, distance_mm

AT_S = 1_790_000_000


def heard(plan: Plan, message: Message, packet_id: int = 7) -> Heard:
    messages: list[Heard] = []
    Decoder(1, 1_000_000).feed(Writer(plan).packet(message, packet_id, AT_S), messages)
    (one,) = messages
    return one


@pytest.mark.parametrize("boot", [1, 4_000_000_000])
def test_a_packet_is_read_as_what_the_firmware_would_have_said(boot: int) -> None:
    plan = Plan(count=20, devices=10, site="pakam", boot=boot)
    one = heard(plan, Message(3, 2))
    assert topics.parse(one.topic) == topics.DeviceTopic("pakam", plan.device(3), "reading")
    assert one.receipt.packet_id == 7
    reading = {"boot": boot, "seq": 2, "at": AT_S, "clock": "ntp", "quality": "ok"}
    reading |= {"distance_mm": distance_mm(3, 2), "echoes": 5, "spread_mm": 3}
    reading |= {"temperature_c": 31, "battery_mv": 3900, "rssi_dbm": -71, "tilt_deg": 2}
    assert one.payload == encode_message([reading], [(boot, 2)])
    assert decode(one.payload).readings[0].distance_mm == distance_mm(3, 2)


@pytest.mark.parametrize(("count", "devices", "connections"), [(25, 10, 3), (7, 10, 2), (30, 3, 5)])
def test_connections_together_say_every_message_once(
    count: int, devices: int, connections: int
) -> None:
    plan = Plan(count, devices, connections)
    said = [list(plan.of_link(link)) for link in range(connections)]
    assert [len(one) for one in said] == [plan.count_of_link(one) for one in range(connections)]
    wanted = [Message(index % devices, 1 + index // devices) for index in range(count)]
    assert sorted(one for link in said for one in link) == sorted(wanted)
    for link in said:
        assert all(before.seq <= after.seq for before, after in pairwise(link))


def test_levels_rise_cross_thresholds_and_fall_back() -> None:
    shape = Geometry(EMPTY_MM, FULL_MM)
    for device in (0, 1, 9_999):
        levels = [fill_percent(shape, distance_mm(device, seq)) or 0 for seq in range(1, 1000)]
        assert min(levels) <= 6
        assert max(levels) >= 94
        falls = [before - after for before, after in pairwise(levels) if after < before]
        assert len(falls) in {2, 3}
        assert min(falls) > 80


def test_no_bin_begins_full() -> None:
    shape = Geometry(EMPTY_MM, FULL_MM)
    first = [fill_percent(shape, distance_mm(device, 1)) or 0 for device in range(10_000)]
    assert max(first) < 75
    assert len(set(first)) > 60
