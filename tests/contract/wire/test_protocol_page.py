"""docs/protocol.md promises what the host does."""

import re
from pathlib import Path
from typing import Final

from jemput import payload, topics

PAGE: Final = (Path(__file__).parents[3] / "docs/protocol.md").read_text()


def test_the_reading_to_copy_is_taken_and_named_in_the_ack() -> None:
    sent = re.search(r"-t (\S+/reading) \\\n\s+-m '(.+)'", PAGE)
    answered = re.search(r"The second answers `(.+?)`", PAGE)
    assert sent
    assert answered

    spoke, message = topics.parse(sent[1]), payload.decode(sent[2].encode())

    assert spoke == topics.DeviceTopic("lubuk-pakam", "bin-7", "reading")
    only = message.readings[0]
    assert payload.encode_ack([(only.boot, only.seq)]) == answered[1].encode()


def test_every_field_has_its_row_and_the_limits_are_right() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))

    assert rows >= set(payload.WireReading.__struct_fields__)
    assert rows >= set(payload.WireMessage.__struct_fields__)
    assert f"({payload.MAX_PAYLOAD_BYTES:,} bytes)" in PAGE
    assert f"1 to {payload.MAX_READINGS} readings" in PAGE
    assert f"at most {payload.MAX_KEPT} pairs" in PAGE
