"""Every schema there was, up and down with data in it, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, inspect, select, text
from sqlalchemy.engine.interfaces import ReflectedIndex
from sqlalchemy.exc import IntegrityError

from ingest.writer import Writer
from jemput.fold.state import dump
from jemput.store.database import (
    SchemaError,
    check_schema,
    create_tables,
    writing,
)
from jemput.store.journal import TakenOverError
from jemput.store.migrations.migrate import NOTHING, configuration, migrate, revisions
from jemput.store.schema import SCHEMA_REVISION, journal_group, metadata, revision, thing
from tests.contract.store.busy_town import GROUP, fill_town, write_one

PLACE = 'new_column_name="place")'
COUNTED_ANEW = {journal_group.c.epoch, thing.c.revision}
NUMBERS = [one.number for one in revisions()]

NEXT = '''
"""A change of a table that others refer to, and of one with a unique index."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{before}"


def upgrade():
    with op.batch_alter_table("journal_group") as table:
        table.add_column(sa.Column("label", sa.String(), nullable=False, server_default="new"))
        table.alter_column("epoch", type_=sa.BigInteger())
    with op.batch_alter_table("pickup") as table:
        table.alter_column("site", new_column_name="place")


def downgrade():
    with op.batch_alter_table("pickup") as table:
        table.alter_column("place", new_column_name="site")
    with op.batch_alter_table("journal_group") as table:
        table.alter_column("epoch", type_=sa.Integer())
        table.drop_column("label")
'''


@pytest.fixture
def with_next(tmp_path: Path) -> Config:
    """The revisions, and one more."""
    (tmp_path / "r9001_next.py").write_text(NEXT.format(before=SCHEMA_REVISION))
    config = configuration()
    versions = f"{config.get_main_option('script_location')}/versions"
    config.set_main_option("version_locations", f"{versions}:{tmp_path}")
    return config


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the tables that there are, but for what a migration counts anew."""
    there = inspect(engine).get_table_names()
    tables = [one for one in metadata.sorted_tables if one.name in there]
    with engine.connect() as connection:
        return {
            table.name: sorted(
                tuple(row)
                for row in connection.execute(
                    select(*(column for column in table.c if column not in COUNTED_ANEW))
                )
            )
            for table in tables
        }


def index(found: ReflectedIndex) -> tuple[Any, ...]:
    """An index, with the condition of a partial one as text."""
    options = {name: str(one) for name, one in found.get("dialect_options", {}).items()}
    return found["name"], found["column_names"], found["unique"], options


def shape(engine: Engine) -> dict[str, Any]:
    """What the database itself says of its tables."""
    found = inspect(engine)
    return {
        name: (
            [(one["name"], str(one["type"]), one["nullable"]) for one in found.get_columns(name)],
            found.get_pk_constraint(name)["constrained_columns"],
            sorted(map(index, found.get_indexes(name)), key=str),
            found.get_unique_constraints(name),
            found.get_foreign_keys(name),
        )
        for name in sorted(found.get_table_names())
    }


def differences(engine: Engine, tables: MetaData) -> list[Any]:
    """What a revision would have to change so that the database is as `tables`."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, tables)
        return found


def test_the_newest_revision_is_the_one_that_the_program_needs() -> None:
    assert NUMBERS[-1] == SCHEMA_REVISION
    assert sorted(NUMBERS) == NUMBERS, "they are compared as texts"


def test_the_revisions_make_the_tables_that_the_program_makes(engine: Engine) -> None:
    made_by_program = shape(engine)
    migrate(engine, NOTHING)
    assert inspect(engine).get_table_names() == ["alembic_version"]

    assert migrate(engine) == NOTHING

    check_schema(engine)
    assert shape(engine) == made_by_program
    assert differences(engine, metadata) == []


def test_a_difference_would_be_found(engine: Engine) -> None:
    other = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(other)
    other.remove(other.tables["cursor"])
    assert "remove_table" in str(differences(engine, other))


def test_down_to_the_first_and_up_again_keeps_every_row_that_both_know(engine: Engine) -> None:
    writer = fill_town(engine)
    state = dump(writer.fold.state)
    before = rows(engine)
    assert [name for name in before if not before[name]] == ["about"]

    for number in reversed(NUMBERS):
        migrate(engine, number)
    at_first = rows(engine)
    for number in NUMBERS:
        migrate(engine, number)

    assert at_first == {name: before[name] for name in at_first}
    after = rows(engine)
    assert {name: after[name] for name in at_first} == at_first
    assert differences(engine, metadata) == []
    again = Writer(engine, GROUP)
    again.take_over()
    assert dump(again.fold.state) == state


def test_a_table_that_others_refer_to_is_changed_with_its_rows(
    engine: Engine, with_next: Config
) -> None:
    fill_town(engine)
    before, was = rows(engine), shape(engine)

    migrate(engine, "9001", with_next)
    with engine.connect() as connection:
        labels = connection.execute(text("SELECT label FROM journal_group")).scalars().all()
        assert labels == ["new"]
    with pytest.raises(SchemaError, match="newer than this program's"):
        check_schema(engine)

    assert migrate(engine, SCHEMA_REVISION, with_next) == "9001"
    check_schema(engine)
    assert rows(engine) == before
    assert shape(engine) == was
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(text("DELETE FROM journal_group"))


def test_a_migration_that_fails_changes_nothing(
    engine: Engine, with_next: Config, tmp_path: Path
) -> None:
    file = tmp_path / "r9001_next.py"
    file.write_text(file.read_text().replace(PLACE, f'{PLACE}\n    raise RuntimeError("no")'))
    was = shape(engine)

    with pytest.raises(RuntimeError):
        migrate(engine, "9001", with_next)

    assert shape(engine) == was
    check_schema(engine)


def test_a_writer_that_ran_meanwhile_is_taken_over(engine: Engine) -> None:
    writer = fill_town(engine)

    migrate(engine, SCHEMA_REVISION)

    with pytest.raises(TakenOverError):
        write_one(writer)


def make_older(engine: Engine) -> None:
    """As the program before left it."""
    migrate(engine, NUMBERS[-2])


def make_unnoted(engine: Engine) -> None:
    """As the program left it before there were revisions."""
    migrate(engine, NUMBERS[0])
    with writing(engine) as connection:
        revision.drop(connection)


@pytest.mark.parametrize("age", [make_older, make_unnoted])
def test_older_tables_are_refused_with_the_command_that_helps(
    engine: Engine, age: Callable[[Engine], None]
) -> None:
    fill_town(engine)
    age(engine)

    with pytest.raises(SchemaError, match=r"back it up, then run `jemput db migrate`"):
        check_schema(engine)
    with pytest.raises(SchemaError, match=r"`jemput db migrate`"):
        create_tables(engine)

    migrate(engine)
    check_schema(engine)
    assert differences(engine, metadata) == []


def test_no_tables_and_unknown_revisions_are_told(engine: Engine) -> None:
    with pytest.raises(SchemaError, match=r"there is no schema 0000: there are 0001"):
        migrate(engine, "0000")
    with writing(engine) as connection:
        connection.execute(revision.update().values(version_num="9999"))
    with pytest.raises(SchemaError, match=r"newer .* go down with the version that made it"):
        migrate(engine)
    with writing(engine) as connection:
        connection.execute(revision.update().values(version_num=SCHEMA_REVISION))

    migrate(engine, NOTHING)
    with pytest.raises(SchemaError, match="run `jemput db create` once"):
        check_schema(engine)
    create_tables(engine)
    check_schema(engine)
