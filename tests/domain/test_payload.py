"""The wire's host side: whatever the bytes, a message or a `PayloadError`."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemput import payload, topics
from jemput.ids import is_id

GOOD = {"boot": 7, "seq": 3, "at": 1_767_225_600, "clock": "ntp", "quality": "ok"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def packed(**fields: object) -> bytes:
    reading = {**GOOD, "distance_mm": 500, **fields}
    return msgspec.json.encode({"v": 1, "readings": [reading], "kept": [[7, 1]]})


def reason_of(data: bytes) -> str | None:
    try:
        payload.decode(data)
    except payload.PayloadError as error:
        return error.reason
    return None


def test_a_good_message_is_read() -> None:
    (reading,) = payload.decode(packed()).readings
    assert (reading.boot, reading.seq, reading.distance_mm) == (7, 3, 500)


@given(st.binary())
def test_arbitrary_bytes_never_raise_anything_else(data: bytes) -> None:
    assert reason_of(data) in {"invalid", "not_json", "not_utf8"}


@given(JSON, st.sampled_from([*GOOD, "distance_mm", "echoes", "battery_mv", "tilt_deg"]))
def test_a_field_of_any_kind_never_raises_anything_else(value: Any, field: str) -> None:  # noqa: ANN401
    try:
        data = packed(**{field: value})
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError):
        return
    assert reason_of(data) in {None, "invalid", "not_utf8"}


@given(JSON)
def test_any_json_never_raises_anything_else(value: Any) -> None:  # noqa: ANN401
    try:
        data = msgspec.json.encode(value)
    except (msgspec.MsgspecError, OverflowError, UnicodeEncodeError):
        return
    assert reason_of(data) == "invalid"


DEEP = 15_000
TABLE = [
    (b"", "not_json"),
    (b"\xff\xfe", "not_utf8"),
    (b"x" * 1_000_000, "too_large"),
    (packed().replace(b"500", b"NaN"), "not_json"),
    (packed().replace(b"500", b"1e999"), "invalid"),
    (packed(distance_mm=-1), "invalid"),
    (packed(distance_mm=None), "invalid"),
    (packed(quality="no_echo"), "invalid"),
    (packed(boot=0), "invalid"),
    (packed(seq=2**31), "invalid"),
    (b"[" * DEEP, "invalid"),
]


@pytest.mark.parametrize(("data", "reason"), TABLE, ids=range(len(TABLE)))
def test_what_is_wrong_has_a_name(data: bytes, reason: str) -> None:
    assert reason_of(data) == reason


@pytest.mark.parametrize("end", [b"", b"]" * DEEP])
def test_depth_in_a_message_that_is_already_wrong_is_a_payload_error(end: bytes) -> None:
    assert reason_of(b'{"v":2,"readings":' + b"[" * DEEP + end + b"}") is not None


def test_a_wrong_message_still_names_what_need_not_be_sent_again() -> None:
    with pytest.raises(payload.PayloadError) as caught:
        payload.decode(packed(tilt_deg=999))
    assert caught.value.settled == ((7, 3),)


@given(st.text())
def test_any_topic_is_ours_or_none(text: str) -> None:
    assert topics.parse(text) is None


@given(st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True), st.text())
def test_only_ids_stand_in_a_topic(good: str, other: str) -> None:
    parsed = topics.parse(topics.reading(good, other))
    assert (parsed is not None) == is_id(other)


@pytest.mark.parametrize("make", [topics.reading, topics.ack])
def test_devices_speak_in_readings_not_in_acks(make: Callable[[str, str], str]) -> None:
    parsed = topics.parse(make("coblong", "d1"))
    assert (parsed is not None) == (make is topics.reading)
