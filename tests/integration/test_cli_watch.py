"""`jemput watch` on a journal that the real writer writes; its bytes come in `test_serving`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jemput import topics
from jemput.broker.account import BrokerUser
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from jemput.cli.awaited import PATIENCE_S, Awaited
from jemput.cli.watching import Watched
from jemput.fold.admission import Heard, Poison
from jemput.payload import PayloadError, decode
from jemput.store.database import create_tables, open_database
from tests import command
from tests.command import Said
from tests.databases import sqlite_url
from tests.integration.small_town import DEVICE, GROUP, SmallTown

TOPIC = topics.reading("coblong", DEVICE)
WORD = "a-password-for-tests"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SmallTown]:
    """A bin that filled until it was called."""
    engine = open_database(sqlite_url(tmp_path))
    create_tables(engine)
    town = SmallTown(engine)
    town.fill(30, 60, 90, 90, 90)
    town.writer.save_checkpoint()
    yield town
    engine.dispose()


@pytest.fixture
def watched(town: SmallTown) -> Watched:
    return Watched(town.engine, GROUP, DEVICE)


def watch(town: SmallTown, *arguments: str) -> Said:
    """The command, for half a second."""
    return command.jemput("watch", "--for", "0.5s", "--database", town.url, *arguments)


def wire(town: SmallTown, seq: int) -> bytes:
    """What the device publishes."""
    at_s = town.now_s
    return (
        b'{"v":1,"readings":[{"boot":1,"seq":%d,"at":%d,"clock":"ntp","quality":"ok",'
        b'"distance_mm":200,"echoes":5,"spread_mm":2}],"kept":[[1,1]]}' % (seq, at_s)
    )


def heard(town: SmallTown, watched: Watched, seq: int, now_s: float = 0) -> Heard:
    """The broker carries a reading; the ingester has yet to take it."""
    watched.hear(TOPIC, wire(town, seq), now_s)
    return Heard(DEVICE, decode(wire(town, seq)))


def test_a_reading_is_followed_from_its_bytes_into_an_entry(
    town: SmallTown, watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    town.commit(heard(town, watched, 6, now_s=1.0))
    watched.hear(topics.ack("coblong", DEVICE), b'{"v":1,"upto":[[1,6]]}', 1.3)
    watched.show_new(1.4)
    watched.show_new(1.4 + PATIENCE_S)

    said = capsys.readouterr().out
    told = [f"heard on {TOPIC}", '"seq":6', "90 %, level 90 %", "0.4 s after it was heard"]
    told.append("acknowledged, it may forget:")
    places = [said.index(one) for one in told]
    assert '"upto":[[1,6]]' in said
    assert places == sorted(places)
    assert "duplicate:" not in said


def test_one_that_was_known_is_a_duplicate_and_one_that_nobody_takes_is_missed(
    town: SmallTown, watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    town.commit(heard(town, watched, 6))
    watched.show_new(0)
    for seq in (3, 6, 7):
        heard(town, watched, seq)
    watched.show_new(PATIENCE_S - 0.1)
    assert "duplicate:" not in capsys.readouterr().out
    watched.show_new(PATIENCE_S)
    watched.show_new(2 * PATIENCE_S)

    said = capsys.readouterr().out
    assert "so a duplicate: 1/3, 1/6\n" in said
    assert said.count("not committed yet: 1/7;") == 1


def test_a_message_set_aside_says_why_and_is_not_missed(
    town: SmallTown, watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    watched.hear(TOPIC, b'{"v":1', 0)
    with pytest.raises(PayloadError) as wrong:
        decode(b'{"v":1')
    reason, detail = wrong.value.reason, wrong.value.detail
    town.commit(poison=(Poison(TOPIC, b'{"v":1', reason, detail, DEVICE),))
    heard(town, watched, 6)
    town.commit(poison=(Poison(TOPIC, wire(town, 6), "rate", "too many", DEVICE),))
    watched.show_new(0)
    watched.show_new(PATIENCE_S)

    said = capsys.readouterr().out
    assert f"set aside as {reason}: {detail}" in " ".join(said.split())
    assert "set aside as rate: too many" in said
    assert "not committed" not in said


def test_what_nobody_can_hear_is_followed_in_the_journal(
    town: SmallTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMPUT_MQTT_PORT", str(free_port()))
    done = watch(town, DEVICE, "--last", "2")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nentry ") + done.stdout.startswith("entry ") == 2
    assert "only the journal is followed" in done.stderr


def test_who_waited_in_vain_is_told_what_to_look_at(town: SmallTown) -> None:
    assert f"nothing came from {DEVICE}: is its password right" in watch(town, DEVICE).stderr


def test_an_unknown_device_is_answered_with_names_like_its_own(
    town: SmallTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMPUT_MQTT_PORT", str(free_port()))

    assert "names like it: d-b1. It is followed" in watch(town, "d-b7").stderr
    assert "known are d-b1. It is followed" in watch(town, "qqq").stderr
    assert watch(town, "not a device").returncode == 2


def test_an_account_that_may_not_hear_it_is_told_so(
    town: SmallTown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = BrokerUser("deaf", WORD, publish=(), subscribe=("other",))
    settings = NatsSettings(tmp_path / "broker", free_port())
    monkeypatch.setenv("JEMPUT_MQTT_PORT", str(settings.port))
    monkeypatch.setenv("JEMPUT_MQTT_USERNAME", deaf.name)
    monkeypatch.setenv("JEMPUT_MQTT_PASSWORD", WORD)
    with NatsServer(settings, (deaf,)):
        done = watch(town, DEVICE)

    assert f"does not let deaf hear jemput/v1/+/{DEVICE}/reading" in done.stderr


def test_an_entry_may_be_seen_before_the_broker_brings_what_is_in_it() -> None:
    awaited = Awaited()
    assert awaited.commit([(1, 1)], 0.0) is None
    awaited.hear([(1, 1)], 0.2)
    assert awaited.overdue(PATIENCE_S + 1) == []

    awaited.hear([(1, 1)], 10.0)
    assert awaited.overdue(10.0 + PATIENCE_S) == [(1, 1)]


def test_a_duplicate_in_the_same_entry_is_still_one() -> None:
    awaited = Awaited()
    awaited.hear([(1, 1), (1, 1)], 0.0)
    assert awaited.commit([(1, 1)], 0.5) == pytest.approx(0.5)
    assert awaited.overdue(PATIENCE_S) == [(1, 1)]
