"""What `jemput why` says of pickups that are not as most are."""

import json

import msgspec
import pytest
from sqlalchemy import Engine, update

from jemput.cli import why as command
from jemput.entry import FOLD_VERSION
from jemput.pickup import Flag, Pickup, Reason, State, Why
from jemput.store import schema
from jemput.store.database import writing
from jemput.store.pickups import Pickups
from tests.integration.test_cli_why import GROUP, engine, jemput

__all__ = ["engine"]


def put(engine: Engine, **values: object) -> Pickup:
    """The called pickup, with other columns."""
    with writing(engine) as connection:
        connection.execute(update(schema.pickup).values(**values))
    return Pickups(engine, GROUP).list()[0]


def test_what_a_person_opened_is_not_decided_again(engine: Engine) -> None:
    pickups = Pickups(engine, GROUP)
    opened = pickups.list()[0]
    pickups.act("withdraw", opened.id, "sri", opened.opened_ms + 2000)
    by_hand = Pickup(
        id="b1-hand",
        bin="b1",
        reason=Reason.MANUAL,
        state=State.REQUESTED,
        opened_ms=opened.opened_ms + 3000,
        moved_ms=opened.opened_ms + 3000,
        why=Why("by_hand", {}),
    )
    pickups.open_by_hand(by_hand, site="coblong", by="sri")

    assert "a person asked, not a sensor" in jemput(engine, "why", "b1-hand").stdout
    assert json.loads(jemput(engine, "why", "b1-hand", "--json").stdout)["again"] == "by_hand"


def test_what_other_rules_decided_is_said_to_be_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickups = Pickups(engine, GROUP)
    called = put(engine, why=msgspec.msgpack.encode(Why("fullness", {"level_percent": 99})))
    position = pickups.position(called.id)

    assert command.decide_again(engine, GROUP, called, position) is command.Again.OTHER
    monkeypatch.setattr(command, "FOLD_VERSION", FOLD_VERSION + 1)
    assert command.decide_again(engine, GROUP, called, position) is command.Again.OLDER


def test_a_flag_is_said_in_words(engine: Engine) -> None:
    called = put(engine, flag=Flag.CLAIMED_NOT_SEEN)

    assert "wants a person: claimed not seen" in jemput(engine, "why", called.id).stdout


def test_a_rule_that_is_not_known_is_told_with_its_numbers(engine: Engine) -> None:
    called = put(engine, why=msgspec.msgpack.encode(Why("weather", {"rain_mm": 30})))

    assert "because of the rule weather: rain_mm 30" in jemput(engine, "why", called.id).stdout


def test_why_nobody_was_told_is_said(engine: Engine) -> None:
    called = Pickups(engine, GROUP).list()[0]
    with writing(engine) as connection:
        connection.execute(update(schema.outbox).values(error="the receiver answered 503"))

    assert "· the receiver answered 503" in jemput(engine, "why", called.id).stdout
