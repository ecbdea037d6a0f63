"""`jemput quarantine` as a person runs it, and what the writer makes of it."""

import json

import msgspec
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from firmware.payload import encode_message
from ingest import decoding
from ingest.writer import Writer
from jemput.cli.main import app
from jemput.cli.reasons import REASONS
from jemput.entry import Readmitted
from jemput.fold.admission import Heard, Poison
from jemput.fold.state import dump
from jemput.memory import WINDOW
from jemput.payload import MAX_PAYLOAD_BYTES
from jemput.store.journal import drain
from jemput.store.quarantine import Quarantine, UnknownQuarantinedError
from tests.builders import START_S, distance_mm, message, wire
from tests.integration.small_town import DEVICE, GROUP, SmallTown

TOPIC = f"jemput/v1/coblong/{DEVICE}/reading"
LATE_S = START_S + 300


@pytest.fixture
def town(engine: Engine) -> SmallTown:
    return SmallTown(engine)


def ask(town: SmallTown, *arguments: str, status: int = 0) -> Result:
    """Run `jemput quarantine`; it has to end with that status."""
    of_town = ["--database", town.url, "--group", GROUP]
    done = CliRunner().invoke(app, ["quarantine", *arguments, *of_town])
    assert done.exit_code == status, done.output
    return done


def waits(town: SmallTown) -> bool:
    """Whether anything is in the inbox that the writer has not taken."""
    with town.engine.connect() as connection:
        return bool(drain(connection, GROUP, 1)[0])


def sound(*seqs: int) -> bytes:
    """A message that can be read now."""
    readings = [
        {
            "boot": 1,
            "seq": seq,
            "at": LATE_S + seq,
            "clock": "ntp",
            "quality": "ok",
            "distance_mm": distance_mm(40),
            "echoes": 5,
            "spread_mm": 3,
        }
        for seq in seqs
    ]
    payload: bytes = encode_message(readings, [(1, 1)])
    return payload


def refused(*seqs: int) -> Poison:
    """The same as an older version refused it; what it named is settled."""
    named = tuple((1, seq) for seq in seqs)
    return Poison(TOPIC, sound(*seqs), "invalid", "tilt_deg is out of bounds", DEVICE, named)


def heard(topic: str, payload: bytes, *, retained: bool = False) -> Poison:
    """What the ingester makes of a message that it cannot take."""
    read = decoding.read(topic, payload, retained=retained)
    assert isinstance(read, Poison)
    return read


def test_what_can_be_read_now_counts_exactly_once(town: SmallTown) -> None:
    town.commit(poison=(refused(1, 2),))
    assert town.history.count() == 0

    told = ask(town, "readmit", "1").stdout
    assert "1 messages handed to the ingester, with 2 readings" in told
    assert "1 were readmitted before" in ask(town, "readmit", "1").stdout
    assert waits(town)

    entry = town.commit()
    assert [(one.seq, one.bin, one.fill_percent) for one in entry.readings] == [
        (1, "b1", 40),
        (2, "b1", 40),
    ]
    assert [one.at_s for one in entry.readings] == [LATE_S + 1, LATE_S + 2]
    assert not waits(town)
    again = town.commit(Heard(DEVICE, message(wire(1), wire(2))))
    assert (again.readings, again.intake.duplicates) == ((), 2)
    assert town.history.count() == 2


def test_what_the_device_said_again_meanwhile_counts_once(town: SmallTown) -> None:
    unnamed = Poison(TOPIC, sound(1, 2), "not_json", "cut short", DEVICE)
    town.commit(poison=(unnamed,))
    town.commit(Heard(DEVICE, message(wire(1))))
    ask(town, "readmit", "1")
    assert [one.seq for one in town.commit().readings] == [2]
    assert town.history.count() == 2


def test_it_waits_for_the_next_start_where_no_ingester_runs(town: SmallTown) -> None:
    town.commit(poison=(refused(1),))
    ask(town, "readmit", "1")
    town.writer = Writer(town.engine, GROUP)
    town.writer.take_over()
    assert [one.seq for one in town.commit().readings] == [1]
    again = Writer(town.engine, GROUP)
    again.recover()
    assert dump(again.fold.state) == dump(town.writer.fold.state)


def test_two_people_at_once_hand_it_over_once(town: SmallTown) -> None:
    town.commit(poison=(refused(1),))
    quarantine, event = Quarantine(town.engine, GROUP), {1: Readmitted(())}
    assert quarantine.readmit(event, 5) == [1]
    assert quarantine.readmit(event, 6) == []
    assert quarantine.get(1).readmitted_ms == 5
    assert len(town.commit().intake.events) == 1


def test_every_one_of_a_reason(town: SmallTown) -> None:
    town.commit(poison=(heard(TOPIC, b"{"),))
    for seq in range(1, 46):
        town.commit(poison=(refused(seq),))
    told = json.loads(ask(town, "readmit", "--reason", "invalid", "--json").stdout)
    assert told == {"handed": 45, "readings": 45, "readmitted_before": 0, "refused": []}
    assert len(town.commit().readings) == 45
    told = json.loads(ask(town, "readmit", "--reason", "invalid", "--json").stdout)
    assert told["handed"] == 0


def test_what_still_cannot_be_read_stays(town: SmallTown) -> None:
    town.commit(poison=(heard(TOPIC, b"{"),))
    assert "1 still cannot be read: not_json" in ask(town, "readmit", "1", status=1).stdout
    assert not waits(town)
    assert Quarantine(town.engine, GROUP).get(1).readmitted_ms is None


def test_a_reading_too_old_to_tell_is_kept_and_never_guessed(town: SmallTown) -> None:
    town.commit(Heard(DEVICE, message(wire(WINDOW + 9))))
    town.commit(Heard(DEVICE, message(wire(3, fill=40))))
    told = ask(town, "explain", "1").stdout
    assert "it still cannot be read: it may be counted already" in " ".join(told.split())
    assert '"distance_mm":700' in told.replace("\n    ", "")
    ask(town, "readmit", "1", status=1)


def test_a_retained_copy_may_be_readmitted(town: SmallTown) -> None:
    town.commit(poison=(heard(TOPIC, sound(1), retained=True),))
    ask(town, "readmit", "1")
    assert [one.seq for one in town.commit().readings] == [1]


def test_they_are_listed_and_counted(town: SmallTown) -> None:
    town.commit(poison=(heard(TOPIC, b"{"), refused(1), heard("a/b", b"x")))
    town.commit(poison=(refused(2),))
    ask(town, "readmit", "2")
    told = ask(town, "list").stdout
    assert told.splitlines()[0].split()[0] == "4"
    assert told.splitlines()[0].split()[3::2] == ["invalid", DEVICE]
    assert [line.split()[0] for line in told.splitlines() if "*" in line] == ["2*", "*"]
    assert "4 in all: 2 invalid, 1 not_json, 1 wrong_topic" in told
    assert all(len(line) <= 80 for line in told.splitlines())
    assert "1 in all: 1 invalid" in ask(town, "list", "--reason", "invalid", "--waiting").stdout
    assert "3 in all" in ask(town, "list", "--device", DEVICE).stdout
    listed = json.loads(ask(town, "list", "--last", "1", "--json").stdout)
    assert listed["messages"][0]["size_bytes"] == len(sound(2))
    assert len(listed["messages"]) == 1


def test_one_is_explained_so_that_somebody_can_mend_it(town: SmallTown) -> None:
    town.commit(poison=(refused(1), heard(TOPIC, b"\x00\x1b[2J"), heard(TOPIC, b'{"v":1}')))
    readable = ask(town, "explain", "1").stdout
    assert "tilt_deg is out of bounds" in readable
    assert "its 1 readings can be read: `jemput quarantine readmit 1`" in " ".join(readable.split())
    assert '"distance_mm":700' in readable.replace("\n    ", "")
    bytes_ = ask(town, "explain", "2").stdout
    assert "0000  00 1b 5b 32 4a" in bytes_
    assert "\x1b" not in bytes_
    assert '{"v":1}' in ask(town, "explain", "3").stdout
    assert all(len(line) <= 80 for line in (readable + bytes_).splitlines())


def test_every_reason_has_its_words() -> None:
    large = b" " * (MAX_PAYLOAD_BYTES + 1)
    other = msgspec.json.encode(msgspec.json.decode(sound(1)) | {"device": "d-b9"})
    emitted = [
        heard("a/b", b""),
        heard(TOPIC, sound(1), retained=True),
        *(heard(TOPIC, payload) for payload in (b"{", b"\xff", b"{}", large, other)),
    ]
    reasons = {one.reason for one in emitted}
    assert len(reasons) == len(emitted)
    assert reasons <= REASONS.keys()
    assert all(one.wrong.endswith(".") and one.remedy.endswith(".") for one in REASONS.values())


def test_a_mistake_is_one_sentence(town: SmallTown) -> None:
    assert "say which" in ask(town, "readmit", status=2).stderr
    unknown = ask(town, "explain", "7", status=1)
    assert isinstance(unknown.exception, UnknownQuarantinedError)
    assert "there is no message 7" in str(unknown.exception)
