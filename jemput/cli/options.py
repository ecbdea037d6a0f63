"""What several commands ask for in the same words."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from jemput.settings import read_settings
from jemput.store.database import SchemaError, check_schema, open_database

Database = Annotated[
    str | None,
    typer.Option("--database", help="URL of the database; else JEMPUT_DATABASE_URL."),
]
GroupName = Annotated[
    str | None, typer.Option("--group", help="Group of sites; else JEMPUT_GROUP.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def open_existing(database: str | None, group: str | None) -> tuple[Engine, str]:
    """The database that is there, and the group; what was not given comes from the settings.

    Raises `SchemaError` where there is no database, it does not answer, or another version made it.
    """
    settings = None if database and group else read_settings()
    url = database or (settings.database_url if settings else "")
    name = group or (settings.group if settings else "")
    refuse_missing_file(url)
    engine = open_answering(url)
    check_schema(engine)
    return engine, name


def open_answering(url: str) -> Engine:
    """The database at `url`, whatever is in it. Raises `SchemaError` where it does not answer."""
    try:
        engine = open_database(url)
    except ArgumentError:
        message = f"{url!r} is no URL of a database: write sqlite:///path or postgresql://…"
        raise typer.BadParameter(message) from None
    try:
        engine.connect().close()
    except OperationalError as error:
        engine.dispose()
        shown, why = engine.url.render_as_string(), str(error.orig).splitlines()[0]
        raise SchemaError(f"the database {shown} does not answer: {why}") from error
    return engine


def refuse_missing_file(url: str) -> None:
    """SQLite would make an empty file. Raises `SchemaError`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        place = Path(parsed.database or "").absolute()
        message = (
            f"there is no database {place}: name yours with --database or JEMPUT_SETTINGS, "
            "or run `jemput db create` once"
        )
        raise SchemaError(message)
