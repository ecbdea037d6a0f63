"""The whole API as schemathesis sees it, briefly; `scripts/fuzz-api` asks for longer."""

import os
from importlib.metadata import version

import pytest
import urllib3

from api.device_desk import DeviceReader
from jemput.roles import Right, Role
from jemput.store.devices import Device
from tests.integration.api.fuzzing import NOBODY, fuzz

pytestmark = pytest.mark.skipif(
    version("urllib3") != vars(urllib3)["__version__"]
    and "JEMPUT_TEST_REQUIRE_SERVERS" not in os.environ,
    reason="another package lies over urllib3 here, and schemathesis cannot speak through it",
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("who", "examples", "phases"),
    [
        (Role.OPERATOR, 3, "examples,coverage,fuzzing,stateful"),
        (Role.COLLECTOR, 2, "examples,fuzzing"),
        (Role.AUDITOR, 2, "examples,fuzzing"),
        (NOBODY, 1, "examples,fuzzing"),
    ],
)
def test_nothing_is_found(who: str, examples: int, phases: str) -> None:
    found = fuzz(who, examples, phases=phases)

    assert found.is_clean, found.words


def test_a_fault_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    find = DeviceReader.find

    def break_down(reader: DeviceReader, device_id: str) -> Device:
        """What a mistake in a route does; the town is set up by who may change it."""
        if Right.CHANGE_DEVICES in reader.viewer.rights:
            return find(reader, device_id)
        raise ZeroDivisionError

    monkeypatch.setattr(DeviceReader, "find", break_down)
    found = fuzz(Role.AUDITOR, 1, phases="examples")

    assert not found.is_clean
    assert "GET /v1/devices/{device_id}" in found.words
