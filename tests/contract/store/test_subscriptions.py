"""Letters to other systems: from what was committed, each once, none forgotten; both databases."""

import json
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, select

from ingest.writer import Batch, Writer
from jemput.entry import ActKind, Link
from jemput.events import EventType
from jemput.fold.admission import Heard
from jemput.pickup import Pickup, Reason, State, Why
from jemput.store import subscriptions
from jemput.store.audit import AuditLog
from jemput.store.deliveries import Deliveries, Letter
from jemput.store.pickups import Pickups
from jemput.store.registry import RegistryStore
from jemput.store.schema import delivery, subscription
from jemput.store.subscriptions import (
    Subscriptions,
    TooManyError,
    UnknownSubscriptionError,
    Wanted,
)
from tests.builders import HOUR_S, START_S, message, town
from tests.contract.store.busy_town import GROUP, NOW_MS, fill_town
from tests.contract.store.crowd import at_once

URL = "https://dlh.example/hook"
numbers = count()


def subscribe(engine: Engine, *events: EventType, sites: tuple[str, ...] = ()) -> str:
    wanted = Wanted(URL, "DLH", tuple(events), sites)
    return Subscriptions(engine, GROUP).create(wanted, "sri", NOW_MS)[0].id


def letters(engine: Engine, subscription_id: str) -> list[dict[str, Any]]:
    """What was written to a subscription, in order."""
    query = select(delivery).where(delivery.c.subscription == subscription_id)
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(delivery.c.id)).all()
    assert [json.loads(row.body)["id"] for row in rows] == [row.event for row in rows]
    return [json.loads(row.body) for row in rows]


def write(engine: Engine) -> None:
    """Write letters until nothing new is found."""
    while Deliveries(engine, GROUP).write_letters(NOW_MS):
        pass


def open_one(engine: Engine, at_ms: int = NOW_MS, site: str = "coblong") -> Pickup:
    name = f"hand-{next(numbers)}"
    opened = Pickup(
        name, name, Reason.MANUAL, State.REQUESTED, at_ms, at_ms, Why("by_hand", {}), "asep"
    )
    Pickups(engine, GROUP).open_by_hand(opened, site, "dispatcher")
    return opened


def act(engine: Engine, pickup: Pickup, *kinds: ActKind) -> None:
    for kind in kinds:
        Pickups(engine, GROUP).act(kind, pickup.id, "asep", NOW_MS + 5000, "di jalan")


def test_everything_that_a_busy_town_decided_is_told(engine: Engine) -> None:
    mine = subscribe(engine)
    writer = fill_town(engine)
    write(engine)

    told = letters(engine, mine)
    types = [one["type"] for one in told]
    assert types.count("pickup.opened") == 3
    assert "pickup.accepted" in types
    assert {"bin.silent", "site.silent"} & set(types)
    assert len({one["id"] for one in told}) == len(told)
    assert {one["source"] for one in told} == {f"urn:jemput:{GROUP}"}
    assert writer.fold.state.position > 0


def test_an_event_says_what_was_committed(engine: Engine) -> None:
    mine = subscribe(engine)
    opened = open_one(engine)
    act(engine, opened, "accept", "collect")
    write(engine)

    first, second, third = letters(engine, mine)
    assert [one["type"] for one in (first, second, third)] == [
        "pickup.opened",
        "pickup.accepted",
        "pickup.collected",
    ]
    assert second == {
        "specversion": "1.0",
        "id": f"{opened.id}/accepted",
        "source": "urn:jemput:main",
        "type": "pickup.accepted",
        "subject": opened.id,
        "time": "2026-01-01T00:00:05.000Z",
        "datacontenttype": "application/json",
        "data": {
            "pickup": opened.id,
            "bin": opened.bin,
            "site": "coblong",
            "state": "accepted",
            "at_s": NOW_MS // 1000 + 5,
            "by": "asep",
            "note": "di jalan",
            "reason": "MANUAL",
            "opened_at_s": NOW_MS // 1000,
            "collector": "asep",
        },
    }


def test_only_what_is_wanted_and_only_from_now_on(engine: Engine) -> None:
    before = open_one(engine)
    accepts = subscribe(engine, EventType.PICKUP_ACCEPTED)
    elsewhere = subscribe(engine, sites=("other",))
    act(engine, before, "accept")
    open_one(engine)
    there = open_one(engine, site="other")
    write(engine)

    assert [one["id"] for one in letters(engine, accepts)] == [f"{before.id}/accepted"]
    assert [one["id"] for one in letters(engine, elsewhere)] == [f"{there.id}/requested"]


def test_another_groups_events_are_not_told(engine: Engine) -> None:
    other = Subscriptions(engine, "other").create(Wanted(URL), "sri", NOW_MS)[0].id
    open_one(engine)
    write(engine)
    Deliveries(engine, "other").write_letters(NOW_MS)

    assert letters(engine, other) == []


def test_while_many_move_pickups_and_two_write_letters_each_is_written_once_in_order(
    engine: Engine,
) -> None:
    mine = subscribe(engine)

    def live() -> None:
        for _ in range(8):
            act(engine, open_one(engine), "accept", "collect", "confirm")

    def follow() -> None:
        for _ in range(30):
            Deliveries(engine, GROUP).write_letters(NOW_MS)

    came = at_once(live, live, live, follow, follow)
    write(engine)

    assert came == [None] * 5
    told = [one["id"] for one in letters(engine, mine)]
    names = {one.partition("/")[0] for one in told}
    assert len(names) == 24
    assert len(told) == len(set(told)) == 24 * 4
    for name in names:
        own = [one.partition("/")[2] for one in told if one.startswith(f"{name}/")]
        assert own == ["requested", "accepted", "collected", "verified"]


def first(engine: Engine) -> Letter:
    return Deliveries(engine, GROUP).next()[0]


def test_letters_leave_one_by_one(engine: Engine) -> None:
    mine, desk = subscribe(engine), Deliveries(engine, GROUP)
    other = subscribe(engine, EventType.PICKUP_ACCEPTED)
    act(engine, open_one(engine), "accept")
    write(engine)

    assert [one.subscription for one in desk.next()] == [mine, other]
    opened = first(engine)
    desk.failed(opened, "no answer", NOW_MS + 1000)
    again = desk.next(mine)[0]
    assert (again.id, again.attempts, again.due_ms) == (opened.id, 1, NOW_MS + 1000)
    assert again.body == opened.body
    assert desk.standing(mine).error == "no answer"
    desk.sent(again, NOW_MS + 2000)
    assert desk.next(mine)[0].event.endswith("/accepted")
    assert desk.standing(mine).waiting == 1
    assert (desk.standing(mine).sent_ms, desk.standing(mine).error) == (NOW_MS + 2000, None)
    desk.give_up(desk.next(mine)[0], "the receiver answered 500", NOW_MS)
    assert [(one.state, one.attempts) for one in desk.list(mine)] == [("given_up", 1), ("sent", 2)]
    assert desk.list(mine, before_id=desk.list(mine)[0].id, most=5)[0].state == "sent"


def test_what_another_noted_meanwhile_stays(engine: Engine) -> None:
    mine, desk = subscribe(engine), Deliveries(engine, GROUP)
    open_one(engine)
    write(engine)
    held = first(engine)
    desk.sent(held, NOW_MS)
    desk.failed(held, "late", NOW_MS)

    assert [one.state for one in desk.list(mine)] == ["sent"]


def test_a_retired_one_is_told_nothing_more_and_its_secret_is_gone(engine: Engine) -> None:
    mine, kept = subscribe(engine), Subscriptions(engine, GROUP)
    open_one(engine)
    write(engine)
    kept.retire(mine, "sri", NOW_MS)
    open_one(engine)
    write(engine)

    desk = Deliveries(engine, GROUP)
    assert desk.next() == []
    assert [one.error for one in desk.list(mine)] == ["the subscription was retired"]
    assert kept.list() == []
    with pytest.raises(UnknownSubscriptionError):
        kept.get(mine)
    with pytest.raises(UnknownSubscriptionError):
        kept.retire(mine, "sri", NOW_MS)
    with pytest.raises(UnknownSubscriptionError):
        kept.test(mine, "sri", NOW_MS)
    with engine.connect() as connection:
        assert connection.execute(select(subscription.c.secret)).scalar() == ""


def test_the_log_says_who_subscribed_and_no_secret(engine: Engine) -> None:
    _, secret = Subscriptions(engine, GROUP).create(Wanted(URL), "sri", NOW_MS)

    line = AuditLog(engine).search(kind="subscription")[0]
    assert (line.who, line.what) == ("sri", "made")
    assert URL in (line.after or "")
    assert secret not in repr(line)


def test_there_is_an_end_to_subscribing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 2)
    subscribe(engine)
    last = subscribe(engine)
    with pytest.raises(TooManyError, match="retire one"):
        subscribe(engine)
    Subscriptions(engine, GROUP).retire(last, "sri", NOW_MS)
    subscribe(engine)


def test_what_was_done_long_ago_is_forgotten_and_what_waits_is_not(engine: Engine) -> None:
    mine, desk = subscribe(engine), Deliveries(engine, GROUP)
    act(engine, open_one(engine), "accept")
    write(engine)
    desk.sent(first(engine), NOW_MS)

    assert desk.prune(NOW_MS) == 0
    assert desk.prune(NOW_MS + 1) == 1
    assert [one.type for one in desk.list(mine)] == ["pickup.accepted"]


def test_incidents_open_and_close_as_events(engine: Engine) -> None:
    mine = subscribe(engine, EventType.BIN_SILENT, EventType.BIN_HEARD_AGAIN)
    silence(engine)
    write(engine)

    told = letters(engine, mine)
    assert [one["type"] for one in told] == ["bin.silent", "bin.heard_again"]
    assert {one["subject"] for one in told} == {"b1"}
    assert told[0]["data"]["closed_at_s"] is None
    assert told[1]["data"]["closed_at_s"] > told[1]["data"]["opened_at_s"]
    assert told[0]["id"].endswith("/opened")
    assert told[1]["id"] == told[0]["id"].replace("/opened", "/closed")


def silence(engine: Engine) -> None:
    """One of five bins says nothing for a day, and then something."""
    bins = [f"b{n}" for n in range(1, 6)]
    writer = Writer(engine, GROUP)
    writer.take_over()
    RegistryStore(engine, GROUP).change(town(bins), by="cli", now_ms=NOW_MS)
    writer.commit(Batch(events=(Link(up=True),)), NOW_MS)
    hours = 30
    for hour in range(1, hours + 1):
        speaking = bins if hour in {1, hours} else bins[1:]
        at_s = START_S + hour * HOUR_S
        told = message(seq=hour, at_s=at_s, fill=20)
        writer.commit(Batch(heard=[Heard(f"d-{one}", told) for one in speaking]), at_s * 1000)
