"""`jemput why` and `jemput what-if` on a journal that a real writer wrote."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, update

from ingest.writer import Batch, Writer
from jemput.fold.admission import Heard
from jemput.pickup import Why
from jemput.store import schema
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import create_tables, open_database, writing
from jemput.store.journal import Journal
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from tests import command
from tests.builders import CADENCE_S, START_S, message, town
from tests.command import Said

GROUP = "main"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A bin that filled, was called and accepted."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    writer = Writer(made, GROUP)
    writer.take_over()
    RegistryStore(made, GROUP).change(town(["b1"]), by="test", now_ms=0)
    for seq in range(1, 36):
        at_s = START_S + seq * CADENCE_S
        heard = Heard("d-b1", message(seq=seq, at=at_s, fill=min(90, 3 * seq)))
        writer.commit(Batch(heard=[heard]), at_s * 1000)
    opened = Pickups(made, GROUP).list()[0]
    Pickups(made, GROUP).act("accept", opened.id, "asep", opened.opened_ms + 1000)
    yield made
    made.dispose()


def jemput(engine: Engine, *arguments: str) -> Said:
    """The command on this database."""
    return command.jemput(*arguments, "--database", engine.url, "--group", GROUP)


def test_why_tells_rule_numbers_readings_and_people_and_decides_again(engine: Engine) -> None:
    pickup = Pickups(engine, GROUP).list()[0]
    done = jemput(engine, "why", pickup.id)

    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    level = pickup.why.numbers["level_percent"]
    assert f"level, {level} %, was at or over the calling level, 75 %" in said
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert f"d-b1 1/{pickup.why.evidence[0].identity.seq}" in done.stdout
    assert "accepted by asep" in done.stdout
    assert "opens the same pickup" in done.stdout
    assert json.loads(jemput(engine, "why", pickup.id, "--json").stdout)["again"] == "same"


def test_why_outlives_the_entries(engine: Engine) -> None:
    pickup = Pickups(engine, GROUP).list()[0]
    Journal(engine, GROUP).delete_upto(35, 100)

    said = json.loads(jemput(engine, "why", pickup.id, "--json").stdout)

    assert said["again"] == "pruned"
    assert said["pickup"]["why"]["numbers"]["call_percent"] == 75


def test_why_outlives_a_damaged_journal(engine: Engine) -> None:
    pickup = Pickups(engine, GROUP).list()[0]
    with writing(engine) as connection:
        connection.execute(
            update(schema.journal).values(checksum=1).where(schema.journal.c.position == 5)
        )

    done = jemput(engine, "why", pickup.id)

    assert done.returncode == 0, done.stderr
    assert "75 %" in done.stdout
    assert "is damaged: run `jemput journal verify`" in done.stdout


def test_a_why_that_the_journal_does_not_bear_out_is_said(engine: Engine) -> None:
    pickup = Pickups(engine, GROUP).list()[0]
    other = Why("fullness", pickup.why.numbers | {"level_percent": 99})
    with writing(engine) as connection:
        blob = msgspec.msgpack.encode(other)
        connection.execute(update(schema.pickup).values(why=blob))

    assert "does NOT open this pickup" in jemput(engine, "why", pickup.id).stdout


def test_an_unknown_pickup_is_answered_with_the_newest(engine: Engine) -> None:
    done = jemput(engine, "why", "b1-999")

    assert done.returncode == 2
    assert Pickups(engine, GROUP).list()[0].id in done.stderr.replace("\n", "")


def test_what_if_begins_at_a_snapshot_and_tells_what_differs(engine: Engine) -> None:
    def asked(*more: str) -> dict[str, object]:
        done = jemput(engine, "what-if", "--since", "2h", "--json", *more)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    whole = asked("--threshold", "80")
    fold = Writer(engine, GROUP)
    fold.recover()
    assert whole["later"] == 1
    assert asked("--threshold", "75")["same"] == 1
    assert asked("--threshold", "80", "--bin", "b1")["wastes"] == {
        "organic": {key: whole[key] for key in list(whole)[:7]}
    }
    Checkpoints(engine, GROUP).save_snapshot(fold.fold.state)
    assert asked("--threshold", "80") == whole


def test_what_if_is_a_table_for_people_and_says_how_far_back_it_goes(engine: Engine) -> None:
    done = jemput(engine, "what-if", "--threshold", "60")
    same = jemput(engine, "what-if", "--threshold", "75")

    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["organic", "1", "1", "0", "1", "0", "0", "0"] in [line[:8] for line in lines]
    assert ["h"] in [line[-1:] for line in lines if line[:1] == ["organic"]]
    assert "h earlier" in done.stdout
    assert "does not go back so far" not in done.stderr
    assert "No first call differs." in same.stdout


def test_what_if_on_a_pruned_journal_folds_what_is_kept(engine: Engine) -> None:
    writer = Writer(engine, GROUP)
    writer.recover()
    Checkpoints(engine, GROUP).save_snapshot(writer.fold.state)
    Journal(engine, GROUP).delete_upto(writer.fold.state.position - 1, 100)

    done = jemput(engine, "what-if", "--threshold", "60")

    assert done.returncode == 0, done.stderr
    assert "does not go back so far" in done.stderr


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "nothing is asked"),
        (("--threshold", "50"), "at most 100: give --rearm, too"),
        (("--rearm", "75"), "below call_percent (75)"),
        (("--set", "treshold=50"), "no threshold is called"),
        (("--set", "call_percent=much"), "is no number"),
        (("--threshold", "60", "--since", "long"), "no length of time"),
        (("--threshold", "60", "--bin", "b7"), "there is no bin 'b7'; there are: b1"),
        (("--threshold", "60", "--waste", "x"), "there is no waste 'x'; there are: organic"),
    ],
)
def test_a_mistake_is_said_in_a_sentence(engine: Engine, asked: tuple[str, ...], said: str) -> None:
    done = jemput(engine, "what-if", *asked)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
