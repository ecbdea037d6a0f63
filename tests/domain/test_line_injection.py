"""Whatever somebody says, a line of line protocol is one line, and says of whom it is."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.decoding import read
from jemput.fold.admission import Heard, placed
from jemput.line_protocol import written
from jemput.points import lines

NOW_MS = 1_790_000_000_000
FIELD = re.compile(r'([a-z_]+)=(-?[0-9]+i|-?[0-9.e+-]+|"(?:[^"\\]|\\["\\])*")')
LINE = re.compile(rf"([a-z_]+),((?:[a-z_]+=[^ ,=]+,?)+) ((?:{FIELD.pattern},?)+) ([0-9]+)")
names = st.text(max_size=20) | st.sampled_from(
    ["d-b1", "d-b1,bin=b2", "d-b1 x=1i", "d\nreading,bin=b2 x=1i 1", "+", "#", "d-b1\\", 'd"', "é"]
)
texts = st.text(max_size=40) | st.sampled_from(['ok",x="', "ok\nreading,bin=x y=1i", "\\", '\\"'])


def parsed(line: str) -> tuple[str, dict[str, str], dict[str, str], int]:
    """Measurement, tags, fields and time, read as strictly as a server does."""
    found = LINE.fullmatch(line)
    assert found is not None, f"no line of line protocol: {line!r}"
    tags = dict(one.split("=") for one in found[2].split(","))
    fields = {one[1]: one[2] for one in FIELD.finditer(found[3])}
    assert ",".join(f"{name}={value}" for name, value in fields.items()) == found[3]
    return found[1], tags, fields, int(line.rsplit(" ", 1)[1])


def said(device: str, seq: int, **other: object) -> bytes:
    reading = {"boot": 1, "seq": seq, "at": 1_790_000_000, "clock": "ntp", "quality": "no_echo"}
    return json.dumps(
        {"v": 1, "readings": [reading | other], "kept": [], "device": device}
    ).encode()


@given(names, names, names, st.integers(-5, 2**40), texts, st.text(max_size=30))
def test_what_a_device_says_never_speaks_for_another(  # noqa: PLR0913, PLR0917 - all that it says
    site: str, device: str, claimed: str, seq: int, quality: str, more: str
) -> None:
    topic = f"jemput/v1/{site}/{device}/reading"
    for payload in (
        said(claimed, seq),
        said(device, seq, quality=quality),
        said(device, seq, x=more),
    ):
        taken = read(topic, payload, retained=False)
        if not isinstance(taken, Heard):
            continue
        assert taken.device == device
        for line in lines(placed(taken, NOW_MS)).decode().split("\n"):
            measurement, tags, fields, _ = parsed(line)
            assert (measurement, tags["device"], tags["bin"]) == ("reading", device, "-unbound")
            assert fields["quality"] == '"no_echo"'


def test_an_honest_reading_is_taken() -> None:
    assert isinstance(read("jemput/v1/s/d-b1/reading", said("d-b1", 1), retained=False), Heard)


values: st.SearchStrategy[Any] = (
    texts | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none()
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), values, min_size=1))
def test_what_is_written_is_one_line_that_says_the_same(fields: dict[str, Any]) -> None:
    known = {name: value for name, value in fields.items() if value is not None}
    line = written("pickup", {"bin": "b1", "who": ""}, fields | {"is_open": 1}, NOW_MS)

    measurement, tags, told, time_ns = parsed(line)

    assert (measurement, tags, time_ns) == ("pickup", {"bin": "b1", "who": "-"}, NOW_MS)
    assert told.keys() == {*known, "is_open"}
    for name, value in known.items():
        if isinstance(value, str):
            plain = told[name][1:-1].replace('\\"', '"').replace("\\\\", "\\")
            assert plain == " ".join(value.splitlines())
