"""`jemput journal` as a person runs it, on a journal that the real writer wrote."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from sqlalchemy import Engine, select, update
from typer.testing import CliRunner, Result

from jemput import entry as entries
from jemput.cli.main import app
from jemput.cli.plain import plain_entry
from jemput.decisions import Decision, OpenPickup
from jemput.entry import Changed, Entry, Event, Intake
from jemput.registry import PutCollector
from jemput.store.checkpoints import Checkpoints
from jemput.store.database import create_tables, open_database, writing
from jemput.store.journal import checksum
from jemput.store.schema import checkpoint, journal
from jemput.things import Collector
from tests.databases import sqlite_url
from tests.integration.small_town import BIN, DEVICE, GROUP, SmallTown

LEVELS = [10, 20, 30, 40, 50, 60, 70, 80, 92, 92, 92, 92, 92, 92]


def filled(engine: Engine) -> SmallTown:
    """A bin that filled until it was called."""
    town = SmallTown(engine)
    town.fill(*LEVELS)
    town.writer.save_checkpoint()
    return town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SmallTown]:
    """In a file."""
    engine = open_database(sqlite_url(tmp_path))
    create_tables(engine)
    yield filled(engine)
    engine.dispose()


def ask(town: SmallTown, *arguments: str, status: int = 0, answer: str = "") -> Result:
    """Run `jemput journal`; it has to end with that status."""
    of_town = ["--database", town.url, "--group", GROUP]
    done = CliRunner().invoke(
        app, ["journal", arguments[0], *of_town, *arguments[1:]], input=answer
    )
    assert done.exit_code == status, done.output
    return done


def head(town: SmallTown) -> int:
    return town.writer.fold.state.position


def called(town: SmallTown) -> Entry:
    """The entry that called the truck."""
    return next(
        one
        for one in town.writer.journal.entries()
        if any(isinstance(decision, OpenPickup) for decision in one.decisions)
    )


def rewrite(town: SmallTown, entry: Entry) -> None:
    """Put an entry in its place with a checksum that holds."""
    blob = entries.encode(entry)
    with writing(town.engine) as connection:
        connection.execute(
            update(journal)
            .where(journal.c.position == entry.position)
            .values(blob=blob, checksum=checksum(entry.position, blob))
        )


def test_entries_are_shown_in_words_and_fit_the_screen(town: SmallTown) -> None:
    shown = ask(town, "show").stdout
    assert "entry 1 · 2026-01-01 07:10:00 WIB · 0 new, 0 duplicate" in shown
    assert "  event     the broker is heard" in shown
    assert "registry: d-b1 hangs on b1" in shown
    assert "  reading   d-b1 on b1 at 07:20: 10 %" in shown
    assert "decision  call b1 (FULLNESS; " in shown.replace("\n            ", " ")
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_what_concerns_a_bin_or_a_device_or_a_time(town: SmallTown) -> None:
    assert ask(town, "show", "--device", "nobody").stdout == ""
    of_device = ask(town, "show", "--device", DEVICE, "--last", "3").stdout
    assert [line for line in of_device.splitlines() if line.startswith("entry")] == [
        line for line in ask(town, "show", "--last", "3").stdout.splitlines() if "entry" in line
    ]
    assert "decision" not in of_device
    assert "decision" in ask(town, "show", "--bin", BIN).stdout
    in_time = ask(town, "show", "--from", "2026-01-01 07:20", "--to", "2026-01-01 07:40").stdout
    assert [line.split()[1] for line in in_time.splitlines() if line.startswith("entry")] == [
        "2",
        "3",
    ]


def test_json_has_one_entry_a_line(town: SmallTown) -> None:
    told = [json.loads(line) for line in ask(town, "show", "--json").stdout.splitlines()]
    assert [one["position"] for one in told] == list(range(1, head(town) + 1))
    assert told[1]["readings"][0]["fill_percent"] == 10


def test_a_sound_journal_is_verified_whole(town: SmallTown) -> None:
    ask(town, "snapshot")
    town.fill(5, 6)
    town.writer.save_checkpoint()
    report = json.loads(ask(town, "verify", "--json").stdout)
    assert report["difference"] is None
    assert (report["folded"], report["snapshots"]) == (head(town), 1)
    assert report["checkpoint"] == head(town)
    assert ask(town, "verify").stdout.endswith("all of it holds\n")


def test_on_each_database_the_rest_is_verified_after_a_prune(engine: Engine) -> None:
    town = filled(engine)
    assert len(ask(town, "show", "--from", "2026-01-01 08:00").stdout.splitlines()) > 9
    cut = head(town)
    ask(town, "snapshot")
    town.fill(5, 6, 7, 8)
    town.writer.save_checkpoint()
    would = ask(town, "prune", "--keep", "30m", "--dry-run").stdout
    assert f"entries 1 to {cut} would go ({cut}); {cut + 1} stays" in would
    ask(town, "prune", "--keep", "30m")
    report = json.loads(ask(town, "verify", "--json").stdout)
    assert (report["first"], report["folded"], report["difference"]) == (cut + 1, 4, None)
    assert report["notes"] == [f"begun from the snapshot after entry {cut}"]


def test_a_decision_that_does_not_follow_is_named(town: SmallTown) -> None:
    entry = called(town)
    rewrite(town, msgspec.structs.replace(entry, decisions=()))
    told = ask(town, "verify", status=1).stdout
    assert f"DIFFERENT: entry {entry.position}: its decisions differ" in told
    assert "number 1 is nothing; folded again it is" in told


def test_a_decision_of_another_fold_is_left_as_it_was_made(town: SmallTown) -> None:
    entry = called(town)
    older = msgspec.structs.replace(entry, decisions=(), fold_version=0)
    rewrite(town, older)
    with writing(town.engine) as connection:
        connection.execute(
            update(journal).where(journal.c.position == entry.position).values(fold_version=0)
        )
    told = ask(town, "verify", status=1).stdout
    assert "1 of another fold or before any snapshot: checksums only" in told
    assert f"entry {entry.position}:" not in told


def test_a_checkpoint_that_is_not_the_state_is_named(town: SmallTown) -> None:
    one_bin = (checkpoint.c.part == "bin") & (checkpoint.c.key == BIN)
    with writing(town.engine) as connection:
        blob = connection.execute(select(checkpoint.c.blob).where(one_bin)).scalar_one()
        values = msgspec.msgpack.decode(blob)
        values[2] = 1
        harmed = msgspec.msgpack.encode(values)
        connection.execute(update(checkpoint).where(one_bin).values(blob=harmed))
    told = ask(town, "verify", status=1).stdout
    assert f"DIFFERENT: the checkpoint is not the state after entry {head(town)}: bins b1" in told


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ({"blob": b"harmed"}, "entry 3 is damaged"),
        ({"position": 99}, "entry 3 is missing: entry 4 stands in its place"),
        ({"readings": 7}, "entry 3: its columns say other than its bytes"),
    ],
)
def test_damage_is_named(town: SmallTown, harm: dict[str, object], said: str) -> None:
    with writing(town.engine) as connection:
        connection.execute(update(journal).where(journal.c.position == 3).values(harm))
    assert f"DIFFERENT: {said}" in ask(town, "verify", status=1).stdout


def test_export_writes_every_entry_and_no_secret(town: SmallTown, tmp_path: Path) -> None:
    secret = "not-for-others"  # noqa: S105 - made up here
    ani = Collector("ani", "Ani", (), webhook_url="http://x", webhook_secret=secret)
    town.commit(events=(Changed(PutCollector(ani)),))
    out = tmp_path / "journal.jsonl.gz"
    assert f"{head(town)} entries in {out}" in ask(town, "export", str(out)).stderr
    told = gzip.decompress(out.read_bytes()).decode()
    assert [json.loads(line)["position"] for line in told.splitlines()] == list(
        range(1, head(town) + 1)
    )
    assert secret not in told
    assert "(hidden)" in told
    assert len(ask(town, "export", "--from", "2", "--to", "3").stdout.splitlines()) == 2


def test_a_checkpoint_is_forgotten_only_when_a_person_means_it(town: SmallTown) -> None:
    checkpoints = Checkpoints(town.engine, GROUP)
    told = ask(town, "forget-checkpoint", status=1, answer="n\n").stdout
    assert "begin at entry 0 and fold 15 entries" in told
    assert checkpoints.saved() is not None
    ask(town, "forget-checkpoint", "--yes")
    assert checkpoints.saved() is None


def test_a_snapshot_is_made_once(town: SmallTown) -> None:
    assert ask(town, "snapshot").stdout == f"snapshot at entry {head(town)}\n"
    assert "there is nothing newer" in ask(town, "snapshot").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prune", "--keep", "much"), "is no length of time"),
        (("show", "--from", "once"), "neither an entry's number nor a time"),
        (("show", "--group", "nosuch"), "no ingester ever wrote for group 'nosuch'"),
        (("export", "/no/such/folder/x"), "cannot be written"),
    ],
)
def test_a_mistake_is_one_sentence(town: SmallTown, arguments: tuple[str, ...], said: str) -> None:
    assert said in " ".join(ask(town, *arguments, status=2).stderr.split())


def test_every_field_and_kind_of_an_export_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")
    nothing = Entry(1, 1, 1, Intake(0), (), (), (), ())
    kinds = [one.__struct_config__.tag for one in (*get_args(Event), *get_args(Decision))]
    assert [one for one in (*plain_entry(nothing), *kinds) if f"`{one}`" not in page] == []
