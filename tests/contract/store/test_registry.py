"""The registry in the database: what is retired, what is seen of it, and what the log says."""

import json

import pytest
from sqlalchemy import Engine, update

from ingest.writer import Batch, Writer
from jemput.changes import Bind, Change, PutBin, PutCollector, PutPolicy, Retire
from jemput.fold.admission import Heard
from jemput.pickup import State
from jemput.store.audit import AuditLog
from jemput.store.database import writing
from jemput.store.outbox import Delivery, Outbox
from jemput.store.pickups import Pickups
from jemput.store.registry import RefusedChangeError, RegistryStore
from jemput.store.schema import thing
from jemput.things import Bin, Collector
from tests.builders import CADENCE_S, SHAPE, START_S, message, town

GROUP = "main"
NOW_MS = START_S * 1000
SECRET = "of-asep-alone"  # noqa: S105 - made up
ASEP = Collector(
    "asep",
    "Asep",
    ("north",),
    channels=("webhook",),
    webhook_url="http://127.0.0.1:9/",
    webhook_secret=SECRET,
)
BUDI = Collector("budi", "Budi", ("north",), channels=("log",))


@pytest.fixture
def store(engine: Engine) -> RegistryStore:
    """The registry of a town of two bins and two collectors."""
    made = RegistryStore(engine, GROUP)
    change(made, *town(["b1", "b2"]), PutCollector(ASEP), PutCollector(BUDI))
    return made


def change(store: RegistryStore, *changes: Change) -> None:
    store.change(changes, by="sri", now_ms=NOW_MS)


def called(engine: Engine) -> Writer:
    """The first bin is full, and Asep is to be told."""
    writer = Writer(engine, GROUP)
    writer.take_over()
    writer.commit(Batch(), NOW_MS)
    for seq in range(1, 8):
        at_s = START_S + seq * CADENCE_S
        heard = Heard("d-b1", message(seq=seq, at_s=at_s, fill=92))
        writer.commit(Batch(heard=[heard]), at_s * 1000)
    return writer


def test_what_one_changed_another_sees_and_nothing_else_is_read_again(
    engine: Engine, store: RegistryStore
) -> None:
    other = RegistryStore(engine, GROUP)
    before = other.look()
    assert other.look() is before

    change(store, PutPolicy("bin", "b1", {"call_percent": 80}), Retire("bin", "b2", 7))

    after = other.look()
    assert (before.retired_s("bin", "b2"), after.retired_s("bin", "b2")) == (None, 7)
    assert (before.bin_of("d-b2", 8), after.bin_of("d-b2", 8)) == ("b2", None)
    assert after.policies.overrides["bin/b1"] == {"call_percent": 80}
    assert after.bins["b1"] is before.bins["b1"]
    assert after == store.read() == RegistryStore(engine, GROUP).read()


def test_what_was_read_to_be_changed_is_ones_own(store: RegistryStore) -> None:
    kept = store.look().copy()
    mine = store.read()
    for one in (Bind("d-b1", "b2", 5), Retire("bin", "b1", 6), PutPolicy("bin", "b2", {})):
        assert mine.apply(one) is None

    assert store.look() == kept != mine


def test_what_came_back_is_back_for_whoever_reads_anew(
    engine: Engine, store: RegistryStore
) -> None:
    change(store, Retire("bin", "b2", 7))
    change(store, PutBin(Bin("b2", "dago", "paper", SHAPE, CADENCE_S), 9))

    registry = RegistryStore(engine, GROUP).read()
    assert registry.is_live("bin", "b2")
    assert registry.device_of("b2", 10) is None
    assert [from_s for from_s, _ in registry.geometries["b2"]] == [0, 9]


@pytest.mark.parametrize("blob", [b"", b"\xc1", b"\x90", b"\xff" * 70_000])
def test_a_row_that_nobody_can_read_is_left_out_until_it_is_put_again(
    engine: Engine, store: RegistryStore, blob: bytes
) -> None:
    assert len(store.read().collectors) == 2
    with writing(engine) as connection:
        spoilt = thing.c.id.in_(["b1", "budi"]) | (thing.c.kind == "halte")
        connection.execute(update(thing).where(spoilt).values(blob=blob))

    registry = RegistryStore(engine, GROUP).read()
    assert (set(registry.bins), set(registry.collectors)) == ({"b2"}, {"asep"})

    change(RegistryStore(engine, GROUP), PutCollector(BUDI))
    assert set(RegistryStore(engine, GROUP).read().collectors) == {"asep", "budi"}


def test_the_log_has_each_change_with_before_and_after_and_no_secret(
    engine: Engine, store: RegistryStore
) -> None:
    change(store, Retire("bin", "b1", 7), Retire("collector", "asep", 8), PutCollector(ASEP))
    change(store, Bind("d-b2", None, 9))

    lines = AuditLog(engine).search(who="sri")[:5]
    assert [(one.what, one.kind, one.thing) for one in lines] == [
        ("taken down", "device", "d-b2"),
        ("brought back", "collector", "asep"),
        ("retired", "collector", "asep"),
        ("retired", "bin", "b1"),
        ("made", "collector", "budi"),
    ]
    before, after = (json.loads(told or "null") for told in (lines[3].before, lines[3].after))
    assert (before.get("retired_from_s"), after["retired_from_s"]) == (None, 7)
    assert after["geometry"] == {"empty_mm": 1100, "full_mm": 100, "blind_mm": 0, "from_s": 0}
    assert json.loads(lines[0].before or "") == [{"from_s": 0, "bin": "b2"}]
    everything = "".join(f"{one.before}{one.after}" for one in AuditLog(engine).search(most=999))
    assert SECRET not in everything
    assert '"webhook_secret":"is set"' in everything


def test_a_refused_change_is_in_no_log(engine: Engine, store: RegistryStore) -> None:
    before = AuditLog(engine).search()
    with pytest.raises(RefusedChangeError, match="halte dago has 1 bin in use"):
        change(store, Retire("bin", "b1", 7), Retire("halte", "dago", 7))

    assert AuditLog(engine).search() == before
    assert store.look().is_live("bin", "b1")


def test_a_retired_collectors_alerts_do_not_leave_and_the_next_one_has_the_pickup(
    engine: Engine, store: RegistryStore
) -> None:
    writer = called(engine)
    pickups, outbox = Pickups(engine, GROUP), Outbox(engine, GROUP)
    (opened,) = pickups.list()
    assert opened.collector == "asep"

    change(store, Retire("collector", "asep", START_S))
    assert [one.state for one in outbox.told_of(opened.id)] == [Delivery.OVERTAKEN]
    writer.commit(Batch(), writer.fold.state.now_ms + 1)

    assert pickups.get(opened.id).collector == "budi"
    assert [(one.recipient, one.state) for one in outbox.told_of(opened.id)] == [
        ("asep", Delivery.OVERTAKEN),
        ("budi", Delivery.WAITING),
    ]


def test_a_retired_bins_pickup_is_withdrawn_with_a_note(
    engine: Engine, store: RegistryStore
) -> None:
    writer = called(engine)
    (opened,) = Pickups(engine, GROUP).list()

    change(store, Retire("bin", "b1", START_S))
    writer.commit(Batch(), writer.fold.state.now_ms + 1)

    moved = Pickups(engine, GROUP).get(opened.id)
    assert (moved.state, moved.note) == (State.WITHDRAWN, "the bin was retired")
    assert [one.kind for one in Outbox(engine, GROUP).told_of(opened.id)] == ["pickup", "withdrawn"]
    again = Writer(engine, GROUP)
    again.take_over()
    assert again.fold.state == writer.fold.state
