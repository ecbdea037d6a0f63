"""Fixtures of the MQTT tests: a broker of either kind, and an ear of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.kept_library import KeptLibraryEar
from ingest.mqtt.lean import LeanEar
from tests import brokers
from tests.brokers import Broker


@pytest.fixture(params=["nats", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A running broker of each kind with the users `ear` and `bin`."""
    with getattr(brokers, request.param)(tmp_path / "broker") as running:
        yield running


@pytest.fixture(params=[LeanEar, KeptLibraryEar], ids=["lean", "kept"])
def kind(request: pytest.FixtureRequest) -> type[LinkedEar]:
    """The class of the ear under test."""
    found: type[LinkedEar] = request.param
    return found
