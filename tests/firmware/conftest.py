"""A real broker for a device, and somebody who listens there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware import real_brokers
from tests.firmware.real_brokers import Listener, listening


@pytest.fixture
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """Of a Mosquitto, or of the broker that a test's parameter names."""
    kind = getattr(request, "param", "mosquitto")
    with real_brokers.make(kind, tmp_path / "broker") as broker:
        yield broker.port


@pytest.fixture
def host(port: int) -> Iterator[Listener]:
    """Hears what the device says there."""
    with listening(port) as listener:
        yield listener
