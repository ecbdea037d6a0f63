"""MQTT rights as nats-server's configuration: nothing wider than what was written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemput.broker.account import (
    BrokerUser,
    claim_user,
    collector_user,
    device_user,
    ingest_user,
    new_password,
)
from jemput.broker.config import NatsSettings, render, subjects
from jemput.ids import ID_PATTERN, BadIdError
from jemput.topics import CHUNKS_FILTER

ids = st.from_regex(ID_PATTERN, fullmatch=True)
levels = st.lists(ids | st.just("+"), min_size=1, max_size=6)


def mqtt_matches(topic_filter: list[str], topic: list[str]) -> bool:
    if topic_filter == ["#"]:
        return True
    if not topic_filter or not topic:
        return not topic_filter and not topic
    same = topic_filter[0] in ("+", topic[0])
    return same and mqtt_matches(topic_filter[1:], topic[1:])


def nats_matches(subject: list[str], name: list[str]) -> bool:
    if subject == [">"]:
        return bool(name)
    if not subject or not name:
        return not subject and not name
    return subject[0] in ("*", name[0]) and nats_matches(subject[1:], name[1:])


def rendered(*users: BrokerUser) -> dict[str, Any]:
    settings = NatsSettings(Path("/somewhere"), 1883)
    loaded: dict[str, Any] = json.loads(render(settings, [user.account() for user in users]))
    return loaded


@pytest.mark.parametrize(
    ("topic_filter", "expected"),
    [
        ("a/b", ("a.b",)),
        ("a/+/c", ("a.*.c",)),
        ("a/#", ("a", "a.>")),
        ("#", (">",)),
        ("+", ("*",)),
    ],
)
def test_a_topic_filter_becomes_subjects(topic_filter: str, expected: tuple[str, ...]) -> None:
    assert subjects(topic_filter) == expected


@given(
    topic_filter=levels, tail=st.booleans(), topic=st.lists(ids, min_size=1, max_size=6) | levels
)
def test_subjects_match_what_the_filter_matches(
    topic_filter: list[str], topic: list[str], *, tail: bool
) -> None:
    topic = ["x" if level == "+" else level for level in topic]
    whole = [*topic_filter, "#"] if tail else topic_filter
    theirs = any(nats_matches(one.split("."), topic) for one in subjects("/".join(whole)))
    ours = mqtt_matches(whole, topic) or (tail and mqtt_matches(topic_filter, topic))

    assert theirs == ours


@given(st.text(max_size=10))
def test_what_nats_would_read_otherwise_is_refused(text: str) -> None:
    try:
        made = subjects(text)
    except ValueError:
        return
    assert all(set(level) <= {"*"} or "*" not in level for one in made for level in one.split("."))
    assert not set("".join(made)) & set(" \t\n\"'/#+$")


@pytest.mark.parametrize(
    "bad", ["", "a//b", "/a", "a/", "a b", "a.b", "a/>", "a/*", "a/#/b", "#/a", "a+", "$SYS/a", "ä"]
)
def test_a_filter_with_a_second_meaning_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="topic filter"):
        subjects(bad)


def test_a_user_who_may_nothing_is_denied_everything() -> None:
    user = rendered(BrokerUser("mute", "word", publish=(), subscribe=()))["authorization"]["users"]

    assert user[0]["permissions"] == {"publish": {"deny": [">"]}, "subscribe": {"deny": [">"]}}


def test_every_account_is_for_mqtt_only() -> None:
    users = [ingest_user("a"), device_user("d", "b"), collector_user("c", "c")]

    for user in rendered(*users)["authorization"]["users"]:
        assert user["allowed_connection_types"] == ["MQTT"]


def test_every_write_is_on_the_disk_before_it_is_acknowledged() -> None:
    assert rendered()["jetstream"]["sync_interval"] == "always"


def test_a_device_may_have_all_its_subscriptions() -> None:
    most = 65_535
    device = device_user("d", "word")

    kept = [one for one in device.subscribe if one != CHUNKS_FILTER]  # that one is heard at QoS 0
    assert len(kept) * NatsSettings(Path("/x"), 1).max_ack_pending <= most


def test_two_users_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name: d"):
        rendered(device_user("d", "a"), device_user("d", "b"))


@given(device=ids, collector=ids)
def test_no_device_can_be_named_like_another_account(device: str, collector: str) -> None:
    names = {device, ingest_user("x").name, collector_user(collector, "x").name}
    names.add(claim_user(device, "x").name)

    assert len(names) == 4


@pytest.mark.parametrize("bad", ["+", "#", "a/b", ">", "*", "", "A", "a.b"])
def test_a_name_that_would_widen_the_rights_is_refused(bad: str) -> None:
    with pytest.raises(BadIdError):
        device_user(bad, "word")
    with pytest.raises(BadIdError):
        collector_user(bad, "word")
    with pytest.raises(BadIdError):
        claim_user(bad, "word")
    if bad != "+":
        with pytest.raises(BadIdError):
            device_user("d", "word", site=bad)


def test_a_password_is_shown_to_nobody_and_never_the_same() -> None:
    first, second = new_password(), new_password()

    assert first != second
    assert first not in repr(device_user("d", first))
