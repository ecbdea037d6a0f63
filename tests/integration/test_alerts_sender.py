"""The sender against a real outbox and a real receiver of webhooks."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from aiohttp import ClientSession
from sqlalchemy.exc import OperationalError

from ingest.alerts.channels import Channel, WebhookChannel
from ingest.alerts.sender import LONGEST_PAUSE_S, longest_pause_s
from jemput.alert import Alert
from jemput.decisions import AlertKind
from jemput.store.outbox import Delivery, Outbox
from jemput.things import Collector
from tests.integration.alerts_desk import SECRET, Desk, Receiver, desk, receiver, sending

__all__ = ["desk", "receiver"]


async def test_an_alert_is_posted_once_and_makes_its_pickup_alerted(
    desk: Desk, receiver: Receiver
) -> None:
    desk.decide("b1")
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()
        await asyncio.sleep(0.6)  # two more looks

    assert [one.json["key"] for one in receiver.posts] == ["b1-1/pickup"]
    assert receiver.posts[0].headers["Jemput-Key"] == "b1-1/pickup"
    assert desk.states() == [Delivery.SENT]
    assert desk.pickup_state("b1-1") == "alerted"


def test_a_sender_of_another_group_is_given_nothing_of_this_one(desk: Desk) -> None:
    desk.decide("b1")
    other = Outbox(desk.engine, "other")

    assert len(desk.outbox.due(desk.clock.now_ms())) == 1
    assert other.due(desk.clock.now_ms()) == []
    assert (other.waiting(), other.next_due_ms()) == (0, None)


async def test_the_signature_can_be_checked(desk: Desk, receiver: Receiver) -> None:
    desk.decide("b1")
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()

    post = receiver.posts[0]
    at, said = (part.partition("=")[2] for part in post.headers["Jemput-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), at.encode() + b"." + post.body, hashlib.sha256)
    assert said == expected.hexdigest()
    assert abs(time.time() - int(at)) < 60


@pytest.mark.parametrize("status", [500, 503, 429, 408, 302])
async def test_what_may_pass_is_tried_again_under_the_same_key(
    desk: Desk, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    desk.decide("b1")
    async with (
        ClientSession() as session,
        sending(desk, {"webhook": WebhookChannel(session)}) as sender,
    ):
        await desk.until_empty()

    assert [one.json["key"] for one in receiver.posts] == ["b1-1/pickup"] * 2
    assert (sender.sent, sender.failed) == (1, 1)
    assert desk.states() == [Delivery.SENT]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
async def test_what_the_receiver_refuses_is_given_up(
    desk: Desk, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status]
    desk.decide("b1")
    async with (
        ClientSession() as session,
        sending(desk, {"webhook": WebhookChannel(session)}) as sender,
    ):
        await desk.until_empty()

    assert [one.json["kind"] for one in receiver.posts] == ["pickup", "undelivered"]
    assert (sender.sent, sender.failed) == (1, 1)
    assert desk.states() == [Delivery.GIVEN_UP, Delivery.SENT]
    assert desk.pickup_state("b1-1") == "requested"


async def test_a_failed_wave_comes_back_whole(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    for bin_id in ("b1", "b2", "b3"):
        desk.decide(bin_id, wait_for_wave=True)
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()

    assert [len(one.json["pickups"]) for one in receiver.posts] == [3, 3, 3]
    assert len({one.json["key"] for one in receiver.posts}) == 1
    assert desk.states() == [Delivery.SENT] * 3


async def test_nobody_is_called_after_do_not_go(desk: Desk, receiver: Receiver) -> None:
    receiver.answers = [500]
    desk.decide("b1")
    desk.decide("b1", AlertKind.WITHDRAWN)
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()

    assert [one.json["kind"] for one in receiver.posts] == ["pickup", "pickup", "withdrawn"]


async def test_a_crash_before_the_note_sends_the_same_key_again(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.decide("b1")
    with monkeypatch.context() as patch:
        patch.setattr(desk.outbox, "sent", _power_cut)
        async with ClientSession() as session:
            with pytest.RaisesGroup(ConnectionAbortedError):
                await desk.sender({"webhook": WebhookChannel(session)}).run(asyncio.Event())
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()

    assert [one.json["key"] for one in receiver.posts] == ["b1-1/pickup"] * 2


def _power_cut(*_: object) -> None:
    raise ConnectionAbortedError


async def test_a_receiver_that_hangs_holds_up_nobody_else(desk: Desk, receiver: Receiver) -> None:
    receiver.hangs_for = "asep"
    for n in range(3):
        desk.decide(f"b{n}", to="asep")
    desk.decide("b9", to="budi")
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await receiver.has("budi", timeout_s=3)
        receiver.release.set()
        await desk.until_empty()

    assert len(receiver.posts) == 4


class Broken:
    """A channel with a bug."""

    async def send(self, alert: Alert, recipient: str, collector: Collector | None) -> None:
        raise ZeroDivisionError(alert.key, recipient, collector)


async def test_a_bug_in_a_channel_does_not_stop_the_others(desk: Desk, receiver: Receiver) -> None:
    desk.decide("b1", channels=("log", "webhook"))
    async with ClientSession() as session:
        channels: dict[str, Channel] = {"log": Broken(), "webhook": WebhookChannel(session)}
        async with sending(desk, channels) as sender:
            await receiver.has("asep")
            await desk.until(Delivery.SENT, 1)

    assert sender.failed >= 1
    assert sorted(desk.states()) == [Delivery.SENT, Delivery.WAITING]


async def test_a_channel_that_is_not_there_is_given_up(desk: Desk) -> None:
    desk.decide("b1", channels=("mqtt",))
    async with sending(desk, {}):
        await desk.until_empty()

    assert desk.states() == [Delivery.GIVEN_UP] * 2  # the second tells the operator, in vain too
    assert "no channel mqtt" in desk.errors()[0]


def test_pauses_double_up_to_five_minutes() -> None:
    assert [longest_pause_s(one) for one in (1, 2, 3, 9)] == [1, 2, 4, 256]
    assert longest_pause_s(10) == longest_pause_s(500) == LONGEST_PAUSE_S


async def test_a_database_that_is_away_ends_no_sender_and_doubles_nothing(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = OperationalError("", {}, Exception("the database is away"))
    due, sent = AwayTwice(desk.outbox.due, away), AwayTwice(desk.outbox.sent, away)
    monkeypatch.setattr("ingest.alerts.sender.AWAY_S", 0.05)
    monkeypatch.setattr(desk.outbox, "due", due)
    monkeypatch.setattr(desk.outbox, "sent", sent)
    desk.decide("b1")
    async with ClientSession() as session, sending(desk, {"webhook": WebhookChannel(session)}):
        await desk.until_empty()

    assert (due.refused, sent.refused) == (2, 2)
    assert [one.json["key"] for one in receiver.posts] == ["b1-1/pickup"]


class AwayTwice:
    """A call that fails twice before it does what it does."""

    def __init__(self, call: Callable[..., object], error: Exception) -> None:
        self.refused = 0
        self._call = call
        self._error = error

    def __call__(self, *arguments: object) -> object:
        if self.refused < 2:
            self.refused += 1
            raise self._error
        return self._call(*arguments)
