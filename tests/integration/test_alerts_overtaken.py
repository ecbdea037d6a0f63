"""Nobody is called to a pickup that is over, nor told to stay away from one they never heard of."""

import pytest
from aiohttp import ClientSession
from sqlalchemy import update

from ingest.alerts.channels import WebhookChannel
from jemput.decisions import AlertKind
from jemput.entry import ActKind
from jemput.store.database import writing
from jemput.store.outbox import Delivery
from jemput.store.pickups import Pickups
from jemput.store.schema import outbox
from tests.builders import START_S
from tests.integration.alerts_desk import GROUP, Desk, Receiver, desk, receiver, sending

__all__ = ["desk", "receiver"]
LATER_MS = 2**50


def act(desk: Desk, kind: ActKind) -> None:
    """Somebody moves the pickup of b1."""
    Pickups(desk.engine, GROUP).act(kind, "b1-1", "somebody", START_S * 1000)


def until_the_wave(desk: Desk) -> None:
    """What is in the outbox leaves with a wave that is not yet."""
    with writing(desk.engine) as connection:
        connection.execute(update(outbox).values(due_ms=LATER_MS))


async def emptied(desk: Desk) -> None:
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()


async def test_a_call_withdrawn_before_its_wave_leaves_is_never_heard_of(
    desk: Desk, receiver: Receiver
) -> None:
    desk.decide("b1", wait_for_wave=True)
    until_the_wave(desk)
    act(desk, "withdraw")
    desk.decide("b1", AlertKind.WITHDRAWN)
    desk.decide("b2")
    await emptied(desk)

    assert [one.json["key"] for one in receiver.posts] == ["b2-1/pickup"]
    assert desk.states() == [Delivery.OVERTAKEN, Delivery.OVERTAKEN, Delivery.SENT]


async def test_who_may_have_heard_the_call_is_told_not_to_go(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers = [500]
    desk.decide("b1")
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await receiver.has("asep")
        act(desk, "withdraw")
        desk.decide("b1", AlertKind.WITHDRAWN)
        await desk.until_empty()

    assert receiver.posts[-1].json["kind"] == "withdrawn"
    assert desk.states()[1] == Delivery.SENT


@pytest.mark.parametrize("kinds", [("accept",), ("accept", "collect")])
async def test_a_call_to_what_is_still_open_leaves(
    desk: Desk, receiver: Receiver, kinds: tuple[ActKind, ...]
) -> None:
    desk.decide("b1")
    for kind in kinds:
        act(desk, kind)
    await emptied(desk)

    assert [one.json["key"] for one in receiver.posts] == ["b1-1/pickup"]


async def test_a_call_that_a_dead_ingester_left_is_not_sent_days_later(
    desk: Desk, receiver: Receiver
) -> None:
    desk.decide("b1")
    desk.decide("b1", AlertKind.EXPIRED, to="budi")
    act(desk, "accept")
    act(desk, "fail")
    await emptied(desk)

    assert [one.json["kind"] for one in receiver.posts] == ["expired"]
    assert desk.states() == [Delivery.OVERTAKEN, Delivery.SENT]
