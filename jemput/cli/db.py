"""`jemput db`: make the database, bring its tables up or down, move the town to another one."""

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID
from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from jemput.cli.options import AsJson, Database, open_answering, refuse_missing_file
from jemput.settings import read_settings
from jemput.store.database import (
    SchemaError,
    create_tables,
    found_revision,
    moved_to,
)
from jemput.store.moving import Counted, move_town, reopen_town
from jemput.store.schema import SCHEMA_REVISION, journal_group

To = Annotated[str, typer.Option("--to", metavar="REVISION", help="Else this program's own.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

app = typer.Typer(no_args_is_help=True, help="The operational database, SQLite or PostgreSQL.")


@app.command()
def create(database: Database = None) -> None:
    """Make the tables in a new SQLite file or an empty PostgreSQL database."""
    with _opened(_url(database)) as engine:
        with engine.connect() as connection:
            is_there = found_revision(connection) is not None
        create_tables(engine)
        name = engine.url.render_as_string()
    done = "has its tables already" if is_there else f"has tables of schema {SCHEMA_REVISION} now"
    sys.stdout.write(f"{name} {done}\n")


@app.command()
def migrate(
    to: To = SCHEMA_REVISION,
    database: Database = None,
    yes: Yes = False,  # noqa: FBT002 - a flag
) -> None:
    """Bring the tables to this program's schema, or up or down to another one.

    One transaction: all or nothing. An ingester that runs is taken over, and ends: start it
    again with the program that the tables are for. Down loses what only newer tables hold.
    """
    with _existing(database) as engine:
        before = _revision(engine)
        if to < before and not yes:
            sys.stdout.write(f"down from {before} to {to}: what only newer tables hold is lost\n")
            typer.confirm("Go down?", abort=True)
        _migrations().migrate(engine, to)
    sys.stdout.write(f"schema {to}\n" if before == to else f"schema {before} is schema {to} now\n")


@app.command()
def status(
    database: Database = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Say which schema the database has; exit status 1 where this program cannot use it."""
    with _existing(database) as engine:
        found = _status(engine)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        sys.stdout.write("\n".join(_told(found)) + "\n")
    raise typer.Exit(0 if found["schema"] == SCHEMA_REVISION and not found["moved"] else 1)


@app.command()
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="URL of the SQLite database.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of an empty PostgreSQL one.")],
) -> None:
    """Move a running town: FROM is closed to writers, copied, compared, and says where it went.

    The ingester of FROM ends by itself. Stop the API, put TO into JEMPUT_DATABASE_URL, and start
    both again. Where this fails FROM is open again, and only the ingester has to be started.
    """
    refuse_missing_file(source)
    if not target.startswith("postgres"):
        raise SchemaError("a town moves to PostgreSQL: write postgresql://user@host/name for TO")
    with _opened(source) as here, _opened(target) as there, _progress() as bar:
        tasks: dict[str, TaskID] = {}

        def show(done: Counted) -> None:
            if done.table not in tasks:
                tasks[done.table] = bar.add_task(done.table, total=done.of)
            bar.update(tasks[done.table], completed=done.rows)

        try:
            rows = move_town(here, there, show)
        except SQLAlchemyError as error:
            why = str(error).splitlines()[0]
            raise SchemaError(
                f"it was ended, `jemput db status` says how it stands: {why}"
            ) from error
    sys.stdout.write(
        f"{sum(rows.values())} rows of {len(rows)} tables are there, compared row by row\n"
        "next: set JEMPUT_DATABASE_URL to it, start the ingester, restart the API\n"
    )


@app.command()
def reopen(
    database: Database = None,
    yes: Yes = False,  # noqa: FBT002 - a flag
) -> None:
    """Go on with a database whose town was moved away: what was written there since is not here."""
    with _existing(database) as engine:
        with engine.connect() as connection:
            moved = moved_to(connection)
        if moved is None:
            sys.stdout.write("it is open: its town was not moved away\n")
            return
        sys.stdout.write(f"what was written at {moved.to} since the move will not be here\n")
        if not yes:
            typer.confirm("Go on here?", abort=True)
        reopen_town(engine)
    sys.stdout.write("open again: start the ingester, and stop the one over there\n")


def _migrations() -> ModuleType:
    """What migrates: alembic costs 0.1 s that no other command need pay."""
    return import_module("jemput.store.migrations.migrate")


def _url(database: str | None) -> str:
    return database or read_settings().database_url


def _existing(database: str | None) -> AbstractContextManager[Engine]:
    url = _url(database)
    refuse_missing_file(url)
    return _opened(url)


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = open_answering(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _revision(engine: Engine) -> str:
    with engine.connect() as connection:
        found = found_revision(connection)
    if found is None:
        raise SchemaError("the database has no tables yet: run `jemput db create` once")
    return found


def _status(engine: Engine) -> dict[str, Any]:
    schema = _revision(engine)
    with engine.connect() as connection:
        moved = moved_to(connection)
        groups = connection.execute(select(journal_group).order_by(journal_group.c.id)).all()
    return {
        "database": engine.url.render_as_string(),
        "schema": schema,
        "needed": SCHEMA_REVISION,
        "revisions": {one.number: one.says for one in _migrations().revisions()},
        "moved": moved.sentence if moved else None,
        "groups": {row.id: {"head": row.head, "epoch": row.epoch} for row in groups},
    }


def _told(found: dict[str, Any]) -> list[str]:
    told = [found["database"]]
    for number, says in found["revisions"].items():
        here = " <- here" if number == found["schema"] else ""
        told.append(f"  schema {number}: {says}{here}")
    if found["schema"] < found["needed"]:
        told.append("older than this program needs: back it up, then run `jemput db migrate`")
    if found["schema"] > found["needed"]:
        told.append(f"schema {found['schema']} is newer than this program's {found['needed']}")
    if found["moved"]:
        told.append(found["moved"])
    told += [f"group {name}: entry {one['head']}" for name, one in found["groups"].items()]
    return told
