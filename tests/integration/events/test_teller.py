"""Events reach other systems: signed, in order, again after a failure, and only where they may."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ingest.events import posting, teller
from jemput import webhooks
from jemput.store.subscriptions import Subscriptions
from tests.integration.events.desk import GROUP, Receiver, Town, make_town, receiving
from tests.listener import until

SLOW_S = 60
DAY_MS = 24 * 3_600_000


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = make_town(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def test_an_event_arrives_signed(town: Town, receiver: Receiver) -> None:
    _, secret = town.subscribe(receiver.url)
    async with town.telling():
        pickup = town.open_pickup()
        await until(lambda: bool(receiver.posts), "the event", SLOW_S)

    post = receiver.posts[0]
    assert post.id == f"{pickup}/requested" == post.event["id"]
    assert post.event["type"] == "pickup.opened"
    assert post.headers["Content-Type"] == "application/cloudevents+json"
    at_s = int(post.headers["webhook-timestamp"])
    expected = webhooks.signature(secret, post.id, at_s, post.body)
    assert post.headers["webhook-signature"] == expected
    assert expected != webhooks.signature(secret, post.id, at_s + 1, post.body)


async def test_what_failed_comes_again_with_the_same_bytes_and_the_rest_behind_it(
    town: Town, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 404]
    mine, _ = town.subscribe(receiver.url)
    pickups = [town.open_pickup() for _ in range(3)]

    async with town.telling():
        for failed in range(1, 4):
            await until(lambda n=failed: len(receiver.posts) == n, "an attempt", SLOW_S)  # type: ignore[misc]
            await until(
                lambda n=failed: town.deliveries.next(mine)[0].attempts == n,  # type: ignore[misc]
                "the note of it",
                SLOW_S,
            )
            town.clock.ms += 10_000
        await until(lambda: len(receiver.posts) == 6, "the rest", SLOW_S)

    names = [f"{one}/requested" for one in pickups]
    assert receiver.ids == [names[0]] * 4 + names[1:]
    assert len({one.body for one in receiver.posts[:4]}) == 1
    states = [(one.state, one.attempts) for one in town.deliveries.list(mine)]
    assert states[1:] == [("sent", 1), ("sent", 4)]


async def test_after_a_day_it_is_given_up_and_the_next_is_tried(
    town: Town, receiver: Receiver
) -> None:
    receiver.then = 503
    mine, _ = town.subscribe(receiver.url)
    first = town.open_pickup()
    async with town.telling():
        await until(lambda: len(receiver.posts) == 1, "an attempt", SLOW_S)
        await until(lambda: town.deliveries.next(mine)[0].attempts == 1, "its note", SLOW_S)
        town.clock.ms += DAY_MS
        second = town.open_pickup()
        await until(lambda: f"{second}/requested" in receiver.ids, "the next", SLOW_S)

    newest, oldest = town.deliveries.list(mine)
    assert (oldest.state, oldest.attempts) == ("given_up", 2)
    assert oldest.error == "the receiver answered 503"
    assert oldest.event == f"{first}/requested"
    assert newest.state == "waiting"


async def test_who_hangs_holds_nobody_else(town: Town, receiver: Receiver) -> None:
    async with receiving() as other:
        other.hangs = True
        town.subscribe(other.url)
        town.subscribe(receiver.url)
        async with town.telling():
            for _ in range(3):
                town.open_pickup()
            await until(lambda: len(receiver.posts) == 3, "the others' events", SLOW_S)
            assert len(other.posts) == 1


async def test_a_receiver_that_says_nothing_is_tried_again(
    town: Town, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.2)
    receiver.hangs = True
    mine, _ = town.subscribe(receiver.url)
    town.open_pickup()
    async with town.telling():
        await until(lambda: town.deliveries.standing(mine).error is not None, "a failure", SLOW_S)

    assert town.deliveries.standing(mine).error == "no answer in 0.2 s"


async def test_a_test_goes_the_way_of_every_event(town: Town, receiver: Receiver) -> None:
    mine, _ = town.subscribe(receiver.url, "bin.silent")
    Subscriptions(town.engine, GROUP).test(mine, "sri", town.clock.ms)
    async with town.telling():
        await until(lambda: bool(receiver.posts), "the ping", SLOW_S)

    assert receiver.posts[0].event["type"] == "ping"
    assert receiver.posts[0].event["data"] == {"subscription": mine, "asked_by": "sri"}


NO_ADDRESS = ["2130706433", "0x7f.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", *NO_ADDRESS])
async def test_no_way_of_writing_it_leads_into_a_private_network(
    town: Town, receiver: Receiver, host: str
) -> None:
    mine, _ = town.subscribe(receiver.url.replace("127.0.0.1", host))
    town.open_pickup()
    async with town.telling(to_lan=False):
        await until(lambda: town.deliveries.standing(mine).error is not None, "a failure", SLOW_S)

    assert receiver.posts == []
    error = town.deliveries.standing(mine).error or ""
    assert host in NO_ADDRESS or "JEMPUT_WEBHOOKS_TO_LAN" in error, error


async def test_a_name_that_leads_elsewhere_now_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    async def getaddrinfo(*_: object, **__: object) -> object:
        await asyncio.sleep(0)
        return found

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    resolver = posting.CheckedResolver(to_lan=True)
    with pytest.raises(OSError, match="nobody's address"):
        await resolver.resolve("hooks.example")
    await resolver.close()


async def test_a_database_that_is_away_is_waited_for(
    town: Town, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(teller, "AWAY_S", 0.05)
    town.subscribe(receiver.url)
    town.open_pickup()
    file, aside = tmp_path / "jemput.db", tmp_path / "aside"
    town.engine.dispose()
    file.rename(aside)
    async with town.telling():
        await asyncio.sleep(0)
        await until(file.exists, "somebody opened it", SLOW_S)
        town.engine.dispose()
        aside.rename(file)
        await until(lambda: bool(receiver.posts), "the event", SLOW_S)


def test_pauses_grow_to_five_minutes() -> None:
    pauses = [teller.longest_pause_s(one) for one in (1, 2, 3, 9, 10, 1000)]
    assert pauses == [1, 2, 4, 256, 300, 300]
