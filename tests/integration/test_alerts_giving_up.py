"""An alert is tried for a day; whoever is not reached, the operator hears of it."""

from aiohttp import ClientSession

from ingest.alerts.channels import WebhookChannel
from ingest.alerts.sender import KEEP_TRYING_S, MOST_ATTEMPTS, messages
from jemput.decisions import OPERATOR, AlertKind
from jemput.store.outbox import Delivery, Letter
from tests.contract.alerts.cases import say
from tests.integration.alerts_desk import Desk, Receiver, desk, receiver, sending

__all__ = ["desk", "receiver"]
FAST: float = 0.5 / KEEP_TRYING_S
"""The speed of a run whose day of trying lasts half a second."""


async def emptied(desk: Desk, speed: float = 1.0) -> None:
    async with ClientSession() as session:
        sender = desk.sender({"webhook": WebhookChannel(session)}, speed=speed)
        async with sending(desk, {}, sender):
            await desk.until_empty()


async def test_it_is_tried_for_a_day_and_then_the_operator_is_told(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.fails_for = "asep"
    desk.decide("b1")
    began_ms = desk.clock.now_ms()
    await emptied(desk, FAST)

    tried = [one for one in receiver.posts if one.json["collector"] == "asep"]
    assert len(tried) > MOST_ATTEMPTS
    assert desk.clock.now_ms() - began_ms >= 500
    (told,) = [one.json for one in receiver.posts if one.json["collector"] == OPERATOR]
    assert told["kind"] == "undelivered"
    assert told["detail"] == "webhook to asep: the receiver answered 500"
    assert told["pickups"][0]["pickup"] == "b1-1"
    assert desk.states() == [Delivery.GIVEN_UP, Delivery.SENT]


async def test_what_waited_for_days_is_tried_as_often_as_anything_all_the_same(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.fails_for = "asep"
    desk.decided_ms -= 3 * 86_400 * 1000
    desk.decide("b1")
    await emptied(desk, FAST)

    assert sum(one.json["collector"] == "asep" for one in receiver.posts) == MOST_ATTEMPTS


async def test_the_operator_is_not_told_by_what_does_not_reach_them(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers = [404] * 5
    desk.decide("b1", AlertKind.EXPIRED, to=OPERATOR)
    await emptied(desk)

    assert [one.json["kind"] for one in receiver.posts] == ["expired"]
    assert desk.states() == [Delivery.GIVEN_UP]


async def test_of_a_whole_wave_the_operator_hears_in_one_message(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers = [404]
    for bin_id in ("b1", "b2", "b3"):
        desk.decide(bin_id, wait_for_wave=True)
    await emptied(desk)

    assert [len(one.json["pickups"]) for one in receiver.posts] == [3, 3]
    assert receiver.posts[1].json["kind"] == "undelivered"


def test_one_that_fails_again_and_again_lets_the_others_go_first() -> None:
    letters = [
        Letter(number, "webhook", attempts, 0, say(AlertKind.PICKUP, "id"))
        for number, attempts in [(1, MOST_ATTEMPTS), (2, MOST_ATTEMPTS - 1), (3, 0)]
    ]
    assert [one.id for message in messages(letters) for one in message] == [2, 3, 1]
