"""Fixtures that any test may ask for: real servers, empty, ended after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from jemput.store.database import create_tables, open_database
from tests.databases import DATABASES, running_postgresql, sqlite_url
from tests.servers import InfluxDb, Mosquitto, PostgreSql


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
def postgresql() -> Iterator[PostgreSql]:
    """One PostgreSQL for all tests; each asks it for a schema of its own."""
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables, of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    server: PostgreSql = request.getfixturevalue("postgresql")
    return server.url(server.make_schema())


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    """A database with tables, of each kind."""
    made = open_database(empty_url)
    create_tables(made)
    yield made
    made.dispose()
