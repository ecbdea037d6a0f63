"""The checkpoint, snapshots and pruning: whatever is missing, a start knows the same."""

import pytest
from sqlalchemy import Engine, update

from ingest.writer import Writer
from jemput.fold.state import dump
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import writing
from jemput.store.history import Cursors
from jemput.store.journal import DamagedJournalError, Journal, TakenOverError
from jemput.store.pruning import LONGEST_S, Plan, Pruning, fitting
from jemput.store.schema import snapshot as snapshot_table
from jemput.store.snapshots import retold
from jemput.store.verifying import Verification
from tests.builders import CADENCE_S
from tests.integration.small_town import GROUP, SmallTown

LEVELS = [10, 20, 30, 40, 50, 60, 70, 80, 92, 92, 92, 92, 92, 92]
KEEP_S = 3 * CADENCE_S


@pytest.fixture
def town(engine: Engine) -> SmallTown:
    return SmallTown(engine)


@pytest.fixture
def checkpoints(town: SmallTown) -> Checkpoints:
    return Checkpoints(town.engine, GROUP)


def snapshot(town: SmallTown) -> int:
    """Make one at the head, from the journal."""
    checkpoints = Checkpoints(town.engine, GROUP)
    state = list(retold(Journal(town.engine, GROUP), checkpoints, 0.0))[-1].state
    checkpoints.save_snapshot(state)
    return state.position


def started(town: SmallTown) -> bytes:
    """The state that a start finds."""
    writer = Writer(town.engine, GROUP)
    writer.recover()
    return dump(writer.fold.state)


def pruned(town: SmallTown, keep_s: float = KEEP_S, ignored: tuple[str, ...] = ()) -> Plan:
    pruning = Pruning(Journal(town.engine, GROUP))
    plan = pruning.plan(keep_s, ignored)
    assert max(pruning.run(plan), default=0) == plan.entries
    return plan


def positions(town: SmallTown) -> list[int]:
    return [entry.position for entry in Journal(town.engine, GROUP).entries()]


def test_a_snapshot_is_the_state_of_its_entry(town: SmallTown, checkpoints: Checkpoints) -> None:
    town.fill(*LEVELS)
    position = snapshot(town)
    assert dump(checkpoints.snapshot_at(position)) == dump(town.writer.fold.state)
    town.fill(5, 5)
    assert snapshot(town) == position + 2
    assert dump(checkpoints.snapshot_at(position + 2)) == dump(town.writer.fold.state)


@pytest.mark.parametrize("saved_before", [True, False])
def test_after_a_prune_a_start_knows_the_same(town: SmallTown, *, saved_before: bool) -> None:
    town.fill(*LEVELS)
    cut = snapshot(town)
    town.fill(5, 6, 7, 8)
    if saved_before:
        town.writer.save_checkpoint()

    assert pruned(town).cut == cut
    assert positions(town) == [cut + 1, cut + 2, cut + 3, cut + 4]
    assert started(town) == dump(town.writer.fold.state)


def test_a_prune_that_was_cut_short_is_finished_by_the_next(town: SmallTown) -> None:
    town.fill(*LEVELS)
    cut = snapshot(town)
    town.fill(5, 6, 7, 8)
    pruning = Pruning(Journal(town.engine, GROUP))
    assert next(pruning.run(pruning.plan(KEEP_S))) < cut

    assert started(town) == dump(town.writer.fold.state)
    *_, report = Verification(Journal(town.engine, GROUP)).run()
    assert (report.position, report.folded) == (cut + 4, 4)
    assert pruned(town).cut == cut
    assert positions(town)[0] == cut + 1


def test_a_forgotten_checkpoint_is_made_anew_from_the_last_snapshot(
    town: SmallTown, checkpoints: Checkpoints
) -> None:
    town.fill(*LEVELS)
    snapshot(town)
    town.fill(5, 6, 7, 8)
    town.writer.save_checkpoint()
    pruned(town)
    checkpoints.forget()

    again = Writer(town.engine, GROUP)
    again.take_over()
    again.save_checkpoint()

    assert dump(checkpoints.saved() or checkpoints.start(0)) == dump(town.writer.fold.state)


def test_a_checkpoint_forgotten_under_a_running_ingester_is_written_whole_again(
    town: SmallTown, checkpoints: Checkpoints
) -> None:
    town.fill(*LEVELS)
    town.writer.save_checkpoint()
    checkpoints.forget()

    town.writer.save_checkpoint()

    saved = checkpoints.saved()
    assert saved is not None
    assert dump(saved) == dump(town.writer.fold.state)


def test_a_writer_that_was_replaced_writes_no_checkpoint(town: SmallTown) -> None:
    town.fill(10)
    town.writer.save_checkpoint()
    Writer(town.engine, GROUP).take_over()
    with pytest.raises(TakenOverError):
        town.writer.save_checkpoint()


def test_nothing_goes_that_is_young_or_has_no_snapshot(town: SmallTown) -> None:
    town.fill(*LEVELS)
    assert pruned(town).entries == 0
    snapshot(town)
    assert "is the newest, which always stays" in pruned(town, 0).held[0]
    town.fill(5)
    plan = pruned(town, 30 * 86_400)
    assert (plan.entries, positions(town)[0]) == (0, 1)
    assert "no snapshot is that old" in plan.held[0]


def test_a_sink_that_is_behind_holds_entries_until_it_is_ignored(town: SmallTown) -> None:
    cursors = Cursors(town.engine, GROUP)
    town.fill(*LEVELS[:3])
    first = snapshot(town)
    town.fill(*LEVELS[3:])
    second = snapshot(town)
    town.fill(5, 6, 7, 8)
    cursors.put("influx", second - 1)

    plan = pruned(town)
    assert (plan.cut, positions(town)[0]) == (first, first + 1)
    assert "sink influx has read up to entry" in plan.held[0]

    plan = pruned(town, ignored=("influx",))
    assert (plan.cut, plan.held, plan.left_behind) == (second, (), ("influx",))
    assert set(cursors.all()) == {"embedded"}


def test_what_a_start_needs_is_not_pruned(town: SmallTown) -> None:
    town.fill(10)
    town.writer.save_checkpoint()
    town.fill(*LEVELS)
    snapshot(town)
    town.fill(5, 6, 7, 8)
    plan = pruned(town)
    assert (plan.entries, positions(town)[0]) == (0, 1)
    assert "the checkpoint stands at entry 2" in plan.held[0]
    assert started(town) == dump(town.writer.fold.state)


def test_a_damaged_snapshot_is_never_cut_at_and_never_started_from(town: SmallTown) -> None:
    town.fill(*LEVELS[:3])
    good = snapshot(town)
    town.fill(*LEVELS[3:])
    bad = snapshot(town)
    with writing(town.engine) as connection:
        harm = update(snapshot_table).where(snapshot_table.c.position == bad)
        connection.execute(harm.values(blob=b"harmed"))
    town.fill(5, 6, 7, 8)

    plan = pruned(town)

    assert plan.cut == good
    assert f"the snapshot at {bad} is damaged" in plan.held
    assert started(town) == dump(town.writer.fold.state)


def test_a_pruned_journal_without_a_snapshot_is_said_and_not_guessed_over(
    town: SmallTown, checkpoints: Checkpoints
) -> None:
    town.fill(*LEVELS)
    cut = snapshot(town)
    town.fill(5, 6, 7, 8)
    pruned(town)
    checkpoints.forget_snapshots(before=cut + 1)
    with pytest.raises(DamagedJournalError, match=f"begins at entry {cut + 1} and there is no"):
        started(town)


@pytest.mark.parametrize(
    ("at_once", "took_s", "then"),
    [(40, LONGEST_S * 3, 20), (1, LONGEST_S * 3, 1), (40, LONGEST_S / 9, 80), (40, 0.007, 40)],
)
def test_a_transaction_that_took_long_makes_the_next_one_smaller(
    at_once: int, took_s: float, then: int
) -> None:
    assert fitting(at_once, took_s) == then
