"""Fixtures that any test may ask for: real servers, empty, ended after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
