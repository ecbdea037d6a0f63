"""The device's store: what it keeps, in which order, what goes when it is full."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.store import memory, record
from firmware.store.flash import Flash
from firmware.store.kept import MOST_BOOTS, Kept
from jemput.memory import WINDOW


class Desk:
    """A device: a folder for its flash, bytes for its RTC memory."""

    def __init__(self, folder: Path) -> None:
        self.flash = Flash(str(folder))
        self.rtc = b""

    def wake(self) -> Kept:
        return Kept(self.flash, lambda: self.rtc, self.write, lambda bits: 2**bits - 1)

    def write(self, data: bytes) -> None:
        self.rtc = data


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def reading(number: int = 0) -> dict[str, Any]:
    return {
        "at": 1_790_000_000 + number,
        "clock": "rtc",
        "quality": "ok",
        "distance_mm": 500,
        "echoes": 9,
        "spread_mm": 3,
    }


def add(desk: Desk, count: int) -> Kept:
    for number in range(count):
        desk.wake().add(reading(number))
    return desk.wake()


def held(kept: Kept) -> list[int]:
    return [one["seq"] for batch in kept.batches(16) for one in batch]


numbers = st.integers(0, 2**31 - 1)
READINGS = st.fixed_dictionaries(
    {
        "boot": st.integers(1, 2**32 - 1),
        "seq": st.integers(1, 2**31 - 1),
        "at": st.integers(0, 2**32 - 1),
        "clock": st.sampled_from(["ntp", "rtc", "none"]),
        "quality": st.sampled_from(["ok", "unstable", "blind", "no_echo", "stuck_echo", "tilted"]),
        "distance_mm": st.none() | st.integers(0, 20_000),
        "echoes": st.integers(0, 255),
        "spread_mm": st.integers(0, 20_000),
        "temperature_c": st.none() | st.integers(-60, 150),
        "battery_mv": st.none() | st.integers(0, 20_000),
        "rssi_dbm": st.none() | st.integers(-200, 20),
        "tilt_deg": st.none() | st.integers(0, 180),
    }
)


@given(READINGS)
def test_a_reading_comes_back_as_it_was_packed(one: dict[str, Any]) -> None:
    assert record.unpack(record.pack(one)) == one


def test_what_no_host_takes_is_bent_to_what_it_takes() -> None:
    odd = {**reading(), "boot": 1, "seq": 1, "distance_mm": 70_000, "tilt_deg": -5, "echoes": 300}

    back = record.unpack(record.pack(odd))

    assert (back["distance_mm"], back["tilt_deg"], back["echoes"]) == (20_000, 0, 255)


def test_memory_at_its_fullest_fits_into_rtc_memory() -> None:
    full = memory.Memory(2**32 - 1)
    full.marks = {boot: [1, 2] for boot in range(memory.MOST_MARKS)}
    full.records = [record.pack({**reading(), "boot": 1, "seq": 1})] * (memory.MOST_RECORDS + 1)

    packed = full.pack()

    assert len(packed) <= 2048
    assert memory.unpack(packed).records == full.records


def test_the_store_is_smaller_than_the_window_of_the_host() -> None:
    half = Kept.most_records // 2

    assert Kept.most_segments * half + Kept.most_records < WINDOW


def test_readings_are_numbered_from_one_and_come_back_in_order(desk: Desk) -> None:
    kept = add(desk, 200)

    assert held(kept) == list(range(1, 201))
    assert kept.kept() == [(kept.boot, 1)]
    assert len(desk.flash.segments()) == 5


def test_what_the_broker_has_is_not_sent_twice_but_kept(desk: Desk) -> None:
    kept = add(desk, 100)
    kept.sent(next(kept.batches(70)))

    again = desk.wake()

    assert held(again) == list(range(71, 101))
    assert again.kept() == [(again.boot, 1)]
    again.send_again()
    assert held(again) == list(range(1, 101))


def test_an_acknowledgement_frees_memory_and_flash(desk: Desk) -> None:
    kept = add(desk, 100)
    kept.acknowledge([(kept.boot, 90), (77, 5)])

    assert held(desk.wake()) == list(range(91, 101))
    assert desk.flash.segments() == []
    desk.wake().acknowledge([(kept.boot, 100)])
    assert desk.wake().kept() == []


def test_an_acknowledgement_of_what_was_never_taken_is_not_believed(desk: Desk) -> None:
    kept = add(desk, 3)
    kept.acknowledge([(kept.boot, 4_000_000)])

    assert held(desk.wake()) == [1, 2, 3]


def test_after_power_was_lost_a_new_boot_counts_from_one_and_flash_is_kept(desk: Desk) -> None:
    old = add(desk, 70).boot
    desk.rtc = b""
    kept = add(desk, 2)

    assert kept.boot >> 15 == (old >> 15) + 1
    assert kept.kept() == [(old, 1), (kept.boot, 1)]
    assert held(kept) == [*range(1, 33), 1, 2]


def test_rtc_memory_with_a_wrong_bit_is_no_memory(desk: Desk) -> None:
    first = add(desk, 2).boot
    desk.rtc = desk.rtc[:30] + bytes([desk.rtc[30] ^ 1]) + desk.rtc[31:]

    assert desk.wake().boot != first


def test_a_lost_counter_is_found_in_what_is_kept(desk: Desk, tmp_path: Path) -> None:
    last = 0
    for _ in range(3):
        last = add(desk, 70).boot
        desk.rtc = b""
    (tmp_path / "boots").unlink()

    assert desk.wake().boot >> 15 == (last >> 15) + 1


def test_a_full_store_drops_the_oldest_and_counts_them(desk: Desk) -> None:
    kept = add(desk, 3_100)

    found = held(kept)
    assert found[-1] == 3_100
    assert found == list(range(found[0], 3_101))
    assert kept.notes["dropped"] == 3_100 - len(found)
    assert kept.kept() == [(kept.boot, found[0])]
    assert len(found) > 2_800


def test_a_flash_without_room_costs_the_oldest_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Flash, name: str, __: bytes) -> None:
        raise OSError(28, name)

    desk.wake()
    monkeypatch.setattr(Flash, "write", full)

    kept = add(desk, 100)

    found = held(kept)
    assert found == list(range(100 - len(found) + 1, 101))
    assert kept.notes["dropped"] == 100 - len(found)


def test_no_more_boots_are_kept_than_a_message_may_name(desk: Desk) -> None:
    boots = []
    for _ in range(20):
        boots.append(add(desk, 64).boot)
        desk.rtc = b""

    kept = add(desk, 1)

    assert [boot for boot, _ in kept.kept()] == [*boots[-(MOST_BOOTS - 1) :], kept.boot]
    assert kept.notes["dropped"] == 32


def test_a_damaged_segment_costs_only_itself(desk: Desk, tmp_path: Path) -> None:
    add(desk, 130)
    first = tmp_path / desk.flash.segments()[0]
    os.truncate(first, 40)

    assert held(desk.wake()) == list(range(33, 131))
