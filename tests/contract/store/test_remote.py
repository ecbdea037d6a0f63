"""What devices are told and say, on both databases."""

import json
from collections.abc import Sequence
from typing import Final

import pytest
from sqlalchemy import Engine

from jemput import topics
from jemput.hashes import Hashes
from jemput.remote import update
from jemput.remote.command import Command
from jemput.remote.configuration import ConfigurationError
from jemput.remote.rollout import Stages, Verdict
from jemput.remote.status import Status
from jemput.store.audit import AuditLog
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.due import Due, DueWords
from jemput.store.registry import RegistryStore
from jemput.store.rollouts import RolloutError, Rollouts, State
from jemput.store.statuses import Saying, Statuses
from jemput.store.words import UnreachableDeviceError, Words
from tests.builders import START_S, town

GROUP: Final = "main"
NOW_MS: Final = START_S * 1000
BY: Final = "siti"
DEVICES: Final = ("d-b1", "d-b2", "d-b3")
KEYS: Final = {device: update.device_key(b"k" * 32, device) for device in DEVICES}
RELEASE: Final = update.release("0.2.0", {"firmware/a.py": b"a" * 1500, "firmware/b.py": b""})


@pytest.fixture
def registry(engine: Engine) -> RegistryStore:
    made = RegistryStore(engine, GROUP)
    made.change(town(("b1", "b2", "b3")), by="test", now_ms=NOW_MS)
    return made


def say(registry: RegistryStore, device: str, said: Status, now_ms: int = NOW_MS) -> None:
    saying = Saying("coblong", device, now_ms, said)
    Statuses(registry.engine, GROUP).note([saying])


def take(registry: RegistryStore, now_ms: int = NOW_MS) -> list[Due]:
    """Everything that is due, said."""
    due, found = DueWords(registry), []
    while some := due.look(now_ms):
        due.said(some, now_ms)
        found += some
    return found


def publish(registry: RegistryStore, waited: Sequence[list[str]], silent: Sequence[str]) -> int:
    stages = Stages(list(waited), list(silent))
    rollouts = Rollouts(registry)
    return rollouts.publish(RELEASE, KEYS, stages, patience_s=60, by=BY, now_ms=NOW_MS)


def told(due: list[Due]) -> list[str]:
    return [one.topic.split("/")[3] for one in due if one.id]


def test_a_configuration_grows_by_versions_and_is_said_once(registry: RegistryStore) -> None:
    words = Words(registry)
    words.configure(["d-b1"], ["pings=7"], by=BY, now_ms=NOW_MS)
    words.configure(["d-b1"], ["change_mm=50", "pings="], by=BY, now_ms=NOW_MS)

    due = take(registry)

    assert [one.topic for one in due] == [topics.told("coblong", "d-b1", "config")] * 2
    assert json.loads(due[-1].payload) == {"v": 1, "version": 2, "change_mm": 50}
    assert due[-1].retain
    assert words.configured("d-b1").said
    assert take(registry) == []


def test_a_version_is_above_what_a_device_has_from_another_database(
    registry: RegistryStore,
) -> None:
    say(
        registry, "d-b1", Status(1, "asleep", config=40, refused=(41, "?"), commands=((9, "done"),))
    )
    words = Words(registry)

    found = words.configure(["d-b1"], ["pings=7"], by=BY, now_ms=NOW_MS)
    numbers = words.command(["d-b1"], Command.LOCATE, until_ms=NOW_MS, by=BY, now_ms=NOW_MS)

    assert found["d-b1"].version == 42
    assert numbers == {"d-b1": 10}


def test_all_are_configured_or_none(registry: RegistryStore) -> None:
    words = Words(registry)

    with pytest.raises(ConfigurationError):
        words.configure(DEVICES, ["pings=99"], by=BY, now_ms=NOW_MS)
    with pytest.raises(UnreachableDeviceError, match="d-unheard"):
        words.configure(["d-b1", "d-unheard"], ["pings=9"], by=BY, now_ms=NOW_MS)

    assert take(registry) == []


def test_a_command_is_not_said_when_it_is_too_late(registry: RegistryStore) -> None:
    words = Words(registry)
    words.command(["d-b1"], Command.REBOOT, until_ms=NOW_MS + 5000, by=BY, now_ms=NOW_MS)
    words.command(["d-b2"], Command.LOCATE, until_ms=NOW_MS + 9000, by=BY, now_ms=NOW_MS)

    [due] = take(registry, NOW_MS + 5000)

    assert json.loads(due.payload) == {
        "v": 1,
        "id": 1,
        "do": "locate",
        "until": START_S + 9,
    }
    assert not due.retain


def test_a_device_is_told_where_it_spoke(registry: RegistryStore) -> None:
    say(registry, "d-b1", Status(1, "asleep"))
    Words(registry).configure(["d-b1"], ["pings=7"], by=BY, now_ms=NOW_MS)

    assert take(registry)[0].topic == "jemput/v1/coblong/d-b1/config"


def test_a_release_opens_a_stage_after_the_other(registry: RegistryStore) -> None:
    number = publish(registry, [["d-b1"], ["d-b2"]], ["d-b3"])
    rollouts = Rollouts(registry)

    first = take(registry)
    pieces = [one.topic for one in first if not one.id]
    assert len(pieces) == 3
    assert told(first) == ["d-b1"]
    assert rollouts.advance(NOW_MS, BY) == (Verdict.WAIT, "")
    for device, after in (("d-b1", ["d-b2"]), ("d-b2", ["d-b3"])):
        say(registry, device, Status(1, "asleep", release=number))
        rollouts.advance(NOW_MS, BY)
        assert told(take(registry)) == after

    assert rollouts.list()[0].state is State.DONE
    assert rollouts.advance(NOW_MS, BY) is None
    lines = AuditLog(registry.engine).search(kind="release")
    assert [line.what for line in lines] == ["finished", "widened", "published"]


def test_one_that_stops_is_taken_back_and_goes_no_further(registry: RegistryStore) -> None:
    number = publish(registry, [["d-b1"], ["d-b2"]], [])
    assert told(take(registry)) == ["d-b1"]
    say(registry, "d-b1", Status(1, "asleep", update=(number, "rolled-back", 0)))
    rollouts = Rollouts(registry)

    rollouts.advance(NOW_MS, BY)

    [back] = take(registry)
    assert (back.topic, back.payload) == ("jemput/v1/coblong/d-b1/update", b"")
    found = rollouts.list()[0]
    assert (found.state, found.why) == (State.STOPPED, "d-b1: rolled-back")
    assert publish(registry, [["d-b1"]], []) == number + 1


def test_one_release_at_a_time(registry: RegistryStore) -> None:
    number = publish(registry, [["d-b1"]], [])

    with pytest.raises(RolloutError, match=f"release {number} is on its way"):
        publish(registry, [["d-b2"]], [])
    Rollouts(registry).stop(number, "wrong folder", by=BY, now_ms=NOW_MS)
    with pytest.raises(RolloutError, match="not on its way"):
        Rollouts(registry).stop(number, "again", by=BY, now_ms=NOW_MS)
    assert publish(registry, [["d-b2"]], []) == number + 1


def test_all_is_said_again_to_a_broker_that_lost_it(registry: RegistryStore) -> None:
    words = Words(registry)
    words.configure(["d-b1"], ["pings=7"], by=BY, now_ms=NOW_MS)
    words.configure(["d-b1"], ["pings=8"], by=BY, now_ms=NOW_MS)
    words.command(["d-b1"], Command.LOCATE, until_ms=NOW_MS + 9000, by=BY, now_ms=NOW_MS)
    publish(registry, [["d-b1"]], [])
    before = take(registry)

    DueWords(registry).say_again(by=BY, now_ms=NOW_MS)

    kept = [one for one in before if not one.id or one.retain]
    old = next(one for one in kept if one.id)
    assert take(registry) == [one for one in kept if one is not old]


def test_the_last_status_is_kept_and_a_will_says_only_since_when(registry: RegistryStore) -> None:
    said = Status(1, "asleep", firmware="0.1.0", config=3)
    statuses = Statuses(registry.engine, GROUP)
    say(registry, "d-b1", said, NOW_MS)
    say(registry, "d-b1", Status(1, "lost"), NOW_MS + 5000)
    say(registry, "d-b1", Status(1, "lost"), NOW_MS + 9000)

    found = statuses.all()["d-b1"]
    assert (found.said, found.heard_at_s, found.lost_at_s) == (said, START_S, START_S + 5)
    say(registry, "d-b1", said, NOW_MS + 20_000)
    assert statuses.all()["d-b1"].lost_at_s is None


def test_what_the_broker_remembers_is_no_news(registry: RegistryStore) -> None:
    said = Status(1, "asleep", firmware="0.1.0")
    statuses = Statuses(registry.engine, GROUP)
    statuses.note([Saying("coblong", "d-b1", NOW_MS, said, remembers=True)])
    statuses.note([Saying("coblong", "d-b1", NOW_MS + 60_000, said, remembers=True)])

    assert statuses.all()["d-b1"].heard_at_s == START_S
    statuses.note([Saying("coblong", "d-b1", NOW_MS + 60_000, said)])
    assert statuses.all()["d-b1"].heard_at_s == START_S + 60


def test_a_device_of_another_group_is_theirs(registry: RegistryStore) -> None:
    accounts = BrokerAccountStore(registry.engine)
    accounts.provision("other", {"d-x": Hashes("$2b$04$x", "$7$1$x$y")}, by=BY, now_ms=NOW_MS)
    say(registry, "d-x", Status(1, "asleep"))

    assert Statuses(registry.engine, GROUP).all() == {}
