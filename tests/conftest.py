"""Fixtures that any test may ask for: real servers, empty, ended after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput.store.database import create_tables, open_database
from tests.databases import DATABASES, PostgreSqlDatabases, postgresql_databases, sqlite_url
from tests.servers import InfluxDb, Mosquitto


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A lossless MQTT broker without passwords."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[InfluxDb]:
    """An InfluxDB 1.6.7 without a database."""
    with InfluxDb(tmp_path / "influxdb") as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSqlDatabases]:
    """One PostgreSQL for all tests; each asks it for a database of its own."""
    with postgresql_databases() as databases:
        yield databases


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    databases: PostgreSqlDatabases = request.getfixturevalue("postgresql")
    return databases.empty()


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with tables, of each kind."""
    if request.param == "sqlite":
        made = open_database(sqlite_url(tmp_path))
        create_tables(made)
    else:
        databases: PostgreSqlDatabases = request.getfixturevalue("postgresql")
        made = open_database(databases.with_tables())
    yield made
    made.dispose()
