"""From box to bin in the database: bound in one step, swapped with history, taken down."""

import pytest
from sqlalchemy import Engine, update

from ingest.writer import Batch, Writer
from jemput.broker.account import new_password
from jemput.broker.hashing import hashed
from jemput.entry import Link
from jemput.fold.admission import Heard, Poison
from jemput.store.audit import AuditLog
from jemput.store.bins import Bins
from jemput.store.database import writing
from jemput.store.devices import Devices, Hung, UnknownDeviceError
from jemput.store.history import EmbeddedHistory
from jemput.store.registry import RefusedChangeError, RegistryStore
from jemput.store.schema import quarantine
from tests.builders import CADENCE_S, START_S, distance_mm, message, town

GROUP = "main"
NOW_MS = START_S * 1000


class Ingester:
    """The real writer, which also writes what others read of it."""

    def __init__(self, engine: Engine) -> None:
        self.writer = Writer(engine, GROUP)
        self.writer.take_over()
        self.history = EmbeddedHistory(engine, GROUP)
        self.now_ms = NOW_MS
        self.commit(Batch(events=(Link(up=True),)))

    def commit(self, batch: Batch) -> None:
        """One entry, and what follows it."""
        self.history.write([self.writer.commit(batch, self.now_ms)])
        self.writer.save_checkpoint()

    def hear(self, device: str, *fills: int) -> None:
        """A reading per cadence."""
        for fill in fills:
            self.now_ms += CADENCE_S * 1000
            at_s = self.now_ms // 1000
            heard = Heard(device, message(seq=at_s, at_s=at_s, fill=fill))
            self.commit(Batch(heard=[heard]))


@pytest.fixture
def devices(engine: Engine) -> Devices:
    """A town with two bins: `d-b1` hangs on the first, nothing on the second."""
    made = Devices(RegistryStore(engine, GROUP))
    things = town(("b1", "b2"))
    made.registry.change(things[:-1], by="test", now_ms=NOW_MS)
    made.accounts.provision(GROUP, {"d-b1": hashed(new_password())}, by="test", now_ms=NOW_MS)
    return made


@pytest.fixture
def ingester(devices: Devices) -> Ingester:
    """The ingester of that town."""
    return Ingester(devices.accounts.engine)


def test_a_stranger_is_listed_and_bound_in_one_step_with_what_it_said(
    devices: Devices, ingester: Ingester
) -> None:
    ingester.hear("d-new", 20, 30, 40)
    ingester.commit(Batch(poison=[Poison("t", b"{", "not_json", "cut", "d-new")]))
    now_s = ingester.now_ms // 1000
    (stranger,) = devices.strangers.listed(devices.registry.read(), now_s)

    assert (stranger.device, stranger.held) == ("d-new", 3)
    assert stranger.first_at_s == START_S + CADENCE_S
    assert stranger.last_at_s == now_s
    assert stranger.last_distance_mm == distance_mm(40)
    assert stranger.quarantined == {"not_json": 1}

    since_s = devices.bind("d-new", "b2", by="sri", now_ms=ingester.now_ms)
    ingester.commit(Batch())

    assert since_s == START_S + CADENCE_S
    assert devices.strangers.listed(devices.registry.read(), now_s) == []
    points = ingester.history.read("b2", 0, now_s + 1)
    assert [point.fill_percent for point in points] == [20, 30, 40]
    listed = {one.bin.id: one for one in Bins(devices.accounts.engine, GROUP).list()}
    assert listed["b2"].at_s == now_s
    assert listed["b2"].level_percent is not None
    (line, *_) = AuditLog(devices.accounts.engine).search(who="sri")
    assert (line.kind, line.thing) == ("device", "d-new")


def test_a_swap_leaves_the_history_with_the_bin(devices: Devices, ingester: Ingester) -> None:
    ingester.hear("d-b1", 20, 30)
    swapped_ms = ingester.now_ms + 1000
    old = devices.swap("b1", "d-new", by="sri", now_ms=swapped_ms)
    ingester.hear("d-new", 40)
    ingester.hear("d-b1", 99)
    now_s = ingester.now_ms // 1000

    assert old == "d-b1"
    fills = [point.fill_percent for point in ingester.history.read("b1", 0, now_s + 1)]
    assert fills == [20, 30, 40]
    assert devices.get("d-b1", now_s).history == (Hung("b1", 0, swapped_ms // 1000),)
    assert devices.get("d-new", now_s).bin == "b1"
    assert [one.device for one in devices.strangers.listed(devices.registry.read(), now_s)] == [
        "d-b1"
    ]


def test_a_device_back_from_another_bin_brings_only_what_it_said_since(
    devices: Devices, ingester: Ingester
) -> None:
    ingester.hear("d-b1", 20)
    taken_ms = ingester.now_ms + 1000
    assert devices.take_down("d-b1", by="sri", now_ms=taken_ms) == "b1"
    ingester.hear("d-b1", 50, 60)
    devices.bind("d-b1", "b2", by="sri", now_ms=ingester.now_ms)
    ingester.commit(Batch())
    now_s = ingester.now_ms // 1000

    fills = {
        one: [point.fill_percent for point in ingester.history.read(one, 0, now_s + 1)]
        for one in ("b1", "b2")
    }
    assert fills == {"b1": [20], "b2": [50, 60]}


def test_what_would_mix_two_devices_is_refused_and_says_what_to_do(devices: Devices) -> None:
    with pytest.raises(RefusedChangeError, match="d-b1 hangs on bin b1: swap it for d-new"):
        devices.bind("d-new", "b1", by="sri", now_ms=NOW_MS)
    with pytest.raises(RefusedChangeError, match="d-b1 hangs on bin b1: take it down first"):
        devices.bind("d-b1", "b2", by="sri", now_ms=NOW_MS)
    with pytest.raises(RefusedChangeError, match="b2 has no device: bind"):
        devices.swap("b2", "d-new", by="sri", now_ms=NOW_MS)
    with pytest.raises(RefusedChangeError, match="hangs on no bin"):
        devices.take_down("d-new", by="sri", now_ms=NOW_MS)
    with pytest.raises(RefusedChangeError, match="no bin 'b9'"):
        devices.bind("d-new", "b9", by="sri", now_ms=NOW_MS)
    with pytest.raises(ValueError, match="not an id"):
        devices.bind("D NEW", "b2", by="sri", now_ms=NOW_MS)
    with pytest.raises(UnknownDeviceError, match="no device d-new"):
        devices.get("d-new", START_S)


def test_a_device_is_listed_with_account_bin_and_site(devices: Devices) -> None:
    devices.accounts.provision(
        GROUP, {"d-box": hashed(new_password())}, by="sri", now_ms=NOW_MS, site="coblong"
    )
    devices.accounts.revoke("d-b1", by="sri", now_ms=NOW_MS)
    listed = {one.id: one for one in devices.list(START_S)}

    assert list(listed) == ["d-b1", "d-box"]
    assert (listed["d-b1"].bin, listed["d-b1"].site) == ("b1", "coblong")
    assert listed["d-b1"].is_revoked
    assert (listed["d-box"].bin, listed["d-box"].site) == (None, "coblong")


def test_of_two_who_hang_on_one_bin_at_once_the_second_is_refused(
    devices: Devices, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = devices.strangers.held

    def meanwhile() -> object:
        other = Devices(RegistryStore(devices.registry.engine, GROUP))
        other.bind("d-first", "b2", by="test", now_ms=NOW_MS, from_s=START_S)
        return held()

    monkeypatch.setattr(devices.strangers, "held", meanwhile)
    with pytest.raises(RefusedChangeError, match="device d-first hangs on bin b2"):
        devices.bind("d-second", "b2", by="test", now_ms=NOW_MS)

    now = devices.registry.look()
    assert (now.bin_of("d-first", START_S), now.bin_of("d-second", START_S)) == ("b2", None)


def test_who_was_taken_back_from_the_quarantine_is_no_stranger_for_it(
    engine: Engine, devices: Devices, ingester: Ingester
) -> None:
    ingester.commit(Batch(poison=[Poison("t", b"{", "not_json", "cut", "d-new")]))
    registry, now_s = devices.registry.read(), ingester.now_ms // 1000
    assert [one.device for one in devices.strangers.listed(registry, now_s)] == ["d-new"]

    with writing(engine) as connection:
        connection.execute(update(quarantine).values(readmitted_ms=ingester.now_ms))
    assert devices.strangers.listed(registry, now_s) == []
