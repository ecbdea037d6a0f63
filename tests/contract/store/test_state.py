"""What is kept beside the journal: state, registry, bins, history, quarantine, on both."""

import msgspec
import pytest
from sqlalchemy import Engine, update

from ingest.writer import Batch, Writer
from jemput.entry import Readmitted
from jemput.fold.admission import Heard, Poison
from jemput.fold.state import GroupState, dump
from jemput.points import UNBOUND
from jemput.registry import Change, PutBin, PutCollector, PutHalte
from jemput.store.bins import Bins
from jemput.store.checkpoints import Checkpoints, OtherStateVersionError
from jemput.store.database import writing
from jemput.store.history import Cursors, EmbeddedHistory, Point
from jemput.store.journal import DamagedJournalError, Journal, TakenOverError
from jemput.store.pruning import Pruning
from jemput.store.quarantine import Quarantine, UnknownQuarantinedError, Wanted
from jemput.store.registry import RefusedChangeError, RegistryStore
from jemput.store.schema import checkpoint, snapshot
from jemput.store.verifying import Verification
from jemput.things import Bin, Collector, Halte
from tests.builders import CADENCE_S, SHAPE, START_S, Feed, message, town
from tests.contract.store.busy_town import BINS, GROUP, NOW_MS, fill_town
from tests.contract.store.crowd import at_once


def saved(engine: Engine) -> tuple[Checkpoints, GroupState]:
    """A state of a small town, in the database."""
    feed = Feed(town(["b1", "b2"]))
    feed.fill(10, 50, 91)
    checkpoints, state = Checkpoints(engine, GROUP), feed.fold.state
    checkpoints.save(state, state.bins, state.devices, registry=True)
    return checkpoints, state


def test_a_checkpoint_is_the_same_bytes_again(engine: Engine) -> None:
    checkpoints, state = saved(engine)
    assert Checkpoints(engine, "other").saved() is None

    assert dump(checkpoints.load()) == dump(state)
    assert checkpoints.saved_position() == state.position

    checkpoints.forget()
    assert (checkpoints.saved(), checkpoints.saved_position()) == (None, None)


def test_only_what_changed_is_written_and_the_rest_stays(engine: Engine) -> None:
    checkpoints, state = saved(engine)
    state.position += 1
    state.bins["b1"].silent = True

    checkpoints.save(state, ["b1"], [], registry=False)

    assert dump(checkpoints.load()) == dump(state)


def test_a_writer_that_was_taken_over_writes_no_checkpoint(engine: Engine) -> None:
    checkpoints, state = saved(engine)
    journal = Journal(engine, GROUP)
    epoch = journal.take_over()
    journal.take_over()
    before = dump(checkpoints.load())
    state.position += 1

    with pytest.raises(TakenOverError):
        checkpoints.save(state, [], [], registry=False, epoch=epoch)

    assert dump(checkpoints.load()) == before


def test_a_checkpoint_of_another_version_is_told(engine: Engine) -> None:
    checkpoints, _ = saved(engine)
    with engine.connect() as connection:
        is_group = checkpoint.c.part == "group"
        blob = connection.execute(checkpoint.select().where(is_group)).one().blob
    other = msgspec.msgpack.decode(blob) | {"version": 99}
    with writing(engine) as connection:
        connection.execute(
            update(checkpoint).where(is_group).values(blob=msgspec.msgpack.encode(other))
        )

    with pytest.raises(OtherStateVersionError, match="of state version 99"):
        checkpoints.load()


def test_snapshots_are_found_by_position_and_damage_is_told(engine: Engine) -> None:
    checkpoints = Checkpoints(engine, GROUP)
    feed = Feed()
    for level in (10, 50):
        feed.hear(level)
        checkpoints.save_snapshot(feed.fold.state)
        checkpoints.save_snapshot(feed.fold.state)
    state = feed.fold.state
    last = state.position

    assert checkpoints.snapshots() == [
        (one.position, one.intake.now_ms) for one in feed.entries[-2:]
    ]
    assert dump(checkpoints.snapshot_at(last + 5)) == dump(state)
    assert checkpoints.snapshot_at(last - 1).position == last - 1
    assert checkpoints.snapshot_at(1) == GroupState()

    checkpoints.forget_snapshots(before=last)
    with writing(engine) as connection:
        connection.execute(update(snapshot).values(blob=b"other"))
    with pytest.raises(DamagedJournalError, match=f"the snapshot at {last} is damaged"):
        checkpoints.snapshot_at(last)


def test_a_busy_town_verifies_and_may_be_pruned(engine: Engine) -> None:
    writer = fill_town(engine)
    journal = Journal(engine, GROUP)

    *_, report = Verification(journal).run()
    assert (report.folded, report.snapshots) == (writer.fold.state.position, 1)
    assert report.checkpoint == report.head
    Cursors(engine, GROUP).keep_only([])
    writer.commit(Batch(), writer.fold.state.now_ms + 1000)
    pruning = Pruning(journal)
    plan = pruning.plan(keep_s=0)
    assert plan.entries == report.head
    *_, gone = pruning.run(plan)
    assert gone == report.head
    assert (journal.first(), journal.head()) == (report.head + 1, report.head + 1)
    again = Writer(engine, GROUP)
    again.take_over()
    assert dump(again.fold.state) == dump(writer.fold.state)


def test_the_registry_comes_back_and_a_refused_change_leaves_nothing(engine: Engine) -> None:
    store = RegistryStore(engine, GROUP)
    store.change(town(BINS), by="test", now_ms=NOW_MS)
    before = store.read()
    assert before.bins.keys() == set(BINS)

    wrong: list[Change] = [
        PutHalte(Halte("pasar", "coblong", "Pasar", -6.9, 107.6)),
        PutBin(Bin("b9", "nowhere", "organic", SHAPE, CADENCE_S)),
    ]
    with pytest.raises(RefusedChangeError):
        store.change(wrong, by="test", now_ms=NOW_MS)

    assert store.read() == before
    assert RegistryStore(engine, "other").read().bins == {}


def test_who_changes_the_registry_at_once_waits_even_before_any_ingester(engine: Engine) -> None:
    store = RegistryStore(engine, GROUP)
    store.change(town()[:1], by="test", now_ms=NOW_MS)
    halte = Halte("pasar", "coblong", "Pasar", -6.9, 107.6)
    store.change([PutHalte(halte)], by="test", now_ms=NOW_MS)

    def change(name: str) -> None:
        store.change([PutCollector(Collector("asep", name, ()))], by="test", now_ms=NOW_MS)

    came = at_once(*(lambda name=f"Asep {n}": change(name) for n in range(8)))

    assert came == [None] * 8
    assert store.read().collectors.keys() == {"asep"}
    writer = Writer(engine, GROUP)
    writer.take_over()
    writer.commit(Batch(), NOW_MS)
    assert writer.fold.state.registry == store.read(), "the last one said is the one that holds"


def test_bins_are_listed_as_they_stand(engine: Engine) -> None:
    fill_town(engine)

    listed = {one.bin.id: one for one in Bins(engine, GROUP).list()}

    assert list(listed) == list(BINS)
    assert (listed["b1"].level_percent, listed["b1"].silent) == (91, True)
    assert (listed["b3"].level_percent, listed["b3"].pickup) == (None, "b3-hand")
    assert listed["b1"].battery_mv == 3900


def test_history_is_kept_once_and_means_are_plain_numbers(engine: Engine) -> None:
    writer = Writer(engine, GROUP)
    writer.take_over()
    RegistryStore(engine, GROUP).change(town(["b1"]), by="test", now_ms=NOW_MS)
    writer.commit(Batch(), NOW_MS)
    history, entries = EmbeddedHistory(engine, GROUP), []
    for seq, fill in enumerate((10, 20, 45, 91), start=1):
        at_s = START_S + seq * CADENCE_S
        one = Heard("d-b1", message(seq=seq, at_s=at_s, fill=fill))
        stray = Heard("d-nobody", message(seq=seq, at_s=at_s))
        entries.append(writer.commit(Batch(heard=[one, stray]), at_s * 1000))
        history.write(entries)

    assert history.count() == 8
    everything = history.read("b1", START_S, START_S + 86_400)
    assert [one.fill_percent for one in everything] == [10, 20, 45, 91]
    assert history.read("b1", START_S, START_S + 86_400, most=2) == everything[:2]
    assert history.latest("b1") == everything[-1]
    assert history.latest("b2") is None
    assert len(history.read(UNBOUND, START_S, START_S + 86_400)) == 4
    means = history.read("b1", START_S, START_S + 86_400, every_s=1800)
    assert [(one.at_s, one.fill_percent) for one in means] == [
        (START_S, 15.0),
        (START_S + 1800, 68.0),
    ]
    assert all(isinstance(one.fill_percent, float) for one in means)
    assert msgspec.json.decode(msgspec.json.encode(means), type=list[Point]) == means
    assert Cursors(engine, GROUP).all() == {"embedded": entries[-1].position}


def test_what_was_set_aside_is_listed_counted_and_handed_over_once(engine: Engine) -> None:
    writer = Writer(engine, GROUP)
    writer.take_over()
    for number, reason in enumerate(("invalid", "not_utf8", "invalid")):
        poison = Poison("jemput/v1/x\0", b"\0\xff", reason, "it says \0 \U0001f5d1", "d-b1")
        writer.commit(Batch(poison=[poison]), NOW_MS + number)
    store = Quarantine(engine, GROUP)
    everything = Wanted()

    listed = store.newest(everything, 10)
    assert [one.reason for one in listed] == ["invalid", "not_utf8", "invalid"]
    assert {one.size_bytes for one in listed} == {2}
    assert store.counts(everything) == {"invalid": 2, "not_utf8": 1}
    assert [one.at_ms for one in store.newest(Wanted(reason="invalid"), 1)] == [NOW_MS + 2]
    one = store.get(listed[-1].id)
    assert (one.payload, one.detail[-1]) == (b"\0\xff", "\U0001f5d1")
    assert [two.id for two in store.behind(one.id, "invalid", 10)] == [listed[0].id]
    handed = at_once(*[lambda: store.readmit({one.id: Readmitted(())}, NOW_MS + 9)] * 3)
    assert sorted(map(str, handed)) == sorted([f"[{one.id}]", "[]", "[]"])
    assert writer.mail() == 1
    with pytest.raises(UnknownQuarantinedError):
        store.get(99_999)
