"""Pickups, what entries decide of them, and what people do: the same on both databases."""

import msgspec
import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from ingest.writer import Batch, Writer
from jemput.fold.admission import Poison
from jemput.pickup import OPEN, Flag, Move, RefusedError, State
from jemput.store.database import writing
from jemput.store.effects import insert_pickup, move_pickup
from jemput.store.outbox import Outbox
from jemput.store.pickups import AlreadyOpenError, Pickups, UnknownPickupError
from jemput.store.schema import incident, outbox, pickup
from tests.builders import START_S, by_hand
from tests.contract.store.busy_town import GROUP, NOW_MS, fill_town, write_one
from tests.contract.store.crowd import at_once

BY_HAND = by_hand().pickup


@pytest.fixture
def pickups(engine: Engine) -> Pickups:
    """Nobody was called yet."""
    Writer(engine, GROUP).take_over()
    return Pickups(engine, GROUP)


def test_the_database_itself_takes_one_open_pickup_of_a_bin(
    engine: Engine, pickups: Pickups
) -> None:
    second = msgspec.structs.replace(BY_HAND, id="second")
    pickups.open_by_hand(BY_HAND, "coblong", "sri")

    with pytest.raises(IntegrityError), writing(engine) as connection:
        insert_pickup(connection, GROUP, second, site="coblong", by="fold", position=1)
    with pytest.raises(AlreadyOpenError, match="bin b1 has an open pickup already"):
        pickups.open_by_hand(second, "coblong", "sri")
    assert [one.id for one in pickups.list()] == [BY_HAND.id]

    with writing(engine) as connection:
        move_pickup(connection, BY_HAND.id, Move(State.WITHDRAWN, NOW_MS + 1, "sri", "salah"))
    pickups.open_by_hand(second, "coblong", "sri")
    assert {one.id for one in pickups.list()} == {BY_HAND.id, "second"}
    assert [one.id for one in pickups.list(only_open=True, bin_id="b1")] == ["second"]


def test_of_two_who_open_at_once_one_does(pickups: Pickups) -> None:
    second = msgspec.structs.replace(BY_HAND, id="second")

    came = at_once(
        lambda: pickups.open_by_hand(BY_HAND, "coblong", "sri"),
        lambda: pickups.open_by_hand(second, "coblong", "budi"),
    )

    assert sorted(type(one).__name__ for one in came) == ["AlreadyOpenError", "NoneType"]
    assert len(pickups.list(only_open=True)) == 1


def test_of_two_who_accept_at_once_one_does(pickups: Pickups) -> None:
    pickups.open_by_hand(BY_HAND, "coblong", "sri")

    came = at_once(
        *(lambda by=by: pickups.act("accept", BY_HAND.id, by, NOW_MS) for by in ("asep", "budi"))
    )

    assert sorted(type(one).__name__ for one in came) == ["Pickup", "RefusedError"]
    assert [one.state for one in pickups.moves(BY_HAND.id)] == [State.REQUESTED, State.ACCEPTED]


def test_a_pickup_goes_from_hand_to_hand(engine: Engine, pickups: Pickups) -> None:
    pickups.open_by_hand(BY_HAND, "coblong", "sri")
    pickups.act("accept", BY_HAND.id, "asep", NOW_MS + 1)
    with pytest.raises(RefusedError, match="was accepted by asep"):
        pickups.act("accept", BY_HAND.id, "budi", NOW_MS + 2)
    with writing(engine) as connection:
        connection.execute(pickup.update().values(flag=Flag.ACCEPTED_NOT_COLLECTED.value))
    assert pickups.get(BY_HAND.id).flag is Flag.ACCEPTED_NOT_COLLECTED

    done = pickups.act("collect", BY_HAND.id, "asep", NOW_MS + 3, "penuh, basah")

    assert pickups.get(BY_HAND.id) == msgspec.structs.replace(done, flag=None)
    assert pickups.moves(BY_HAND.id)[-1] == Move(
        State.COLLECTED, NOW_MS + 3, "asep", "penuh, basah"
    )
    with pytest.raises(UnknownPickupError):
        pickups.get("nobody")


def test_what_an_entry_decides_stands_beside_it(engine: Engine) -> None:
    writer = fill_town(engine)
    pickups = Pickups(engine, GROUP)

    known = {one.bin: one for one in pickups.list()}
    assert known.keys() == {"b1", "b2", "b3"}
    assert known["b1"].why.rule == "fullness"
    assert known["b1"].why.evidence
    with engine.connect() as connection:
        rows = connection.execute(select(pickup.c.id, pickup.c.state, pickup.c.is_open)).all()
        incidents = connection.execute(select(func.count()).select_from(incident)).scalar_one()
        said = connection.execute(select(outbox.c.key, outbox.c.channel)).all()
    assert {row.id for row in rows if row.is_open} == {
        row.id for row in rows if State(row.state) in OPEN
    }
    assert incidents
    assert len(said) == len(set(said)) > 0
    write_one(writer)
    assert writer.mail() == 0


def test_an_alert_leaves_when_it_is_due_and_its_pickup_is_alerted(engine: Engine) -> None:
    writer = fill_town(engine)
    letters = Outbox(engine, GROUP)
    assert letters.next_due_ms() is not None
    assert letters.due(NOW_MS - 1) == []
    waiting = letters.waiting()
    late_ms = NOW_MS + 7 * 86_400_000
    due = letters.due(late_ms)
    assert len(due) == waiting
    assert [one.due_ms for one in due] == sorted(one.due_ms for one in due)

    letters.sent(due, late_ms)

    assert (letters.waiting(), letters.due(late_ms)) == (0, [])
    subjects = {one.say.subject.pickup for one in due if one.say.subject}
    told = [one for one in Pickups(engine, GROUP).list() if one.id in subjects]
    assert State.REQUESTED not in {one.state for one in told}
    write_one(writer)


def test_nothing_is_said_twice_under_one_key(engine: Engine) -> None:
    fill_town(engine)
    with engine.connect() as connection:
        said = dict(connection.execute(select(outbox)).mappings().first() or {})

    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(outbox.insert().values({**said, "id": 10_000}))


def test_words_from_outside_never_stop_a_commit(engine: Engine) -> None:
    writer = Writer(engine, GROUP)
    writer.take_over()
    poison = Poison("jemput/v1/\0", b"\0\xff", "other_device", "it says it is \0 \U0001f5d1", "d\0")

    entry = writer.commit(Batch(poison=[poison]), START_S * 1000)

    assert entry.intake.quarantined == 1
