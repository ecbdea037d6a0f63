"""The live feed: a snapshot, then what changes, for as long as somebody listens."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from api.live import QUEUE, Listener, pause_s
from api.packing import news
from api.server import GRACE_S
from api.services import Limits
from tests.integration.api.town import Client, Town, served
from tests.servers import wait_until

Event = tuple[str, dict[str, Any]]


@contextmanager
def listening(client: Client, **headers: str) -> Iterator[Iterator[Event]]:
    with client.stream("GET", "/v1/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events(answer.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def await_event(stream: Iterator[Event], name: str) -> dict[str, Any]:
    return next(data for heard, data in stream if heard == name)


def listeners(client: Client) -> int:
    lines = client.get("/metrics").text.splitlines()
    return next(int(float(one.split()[1])) for one in lines if one[:20] == "jemput_api_listeners")


def test_first_everything(client: Client, budis: str) -> None:
    with listening(client) as stream:
        name, town = next(stream)

    assert name == "snapshot"
    listed = client.get("/v1/bins").json()["bins"]
    for one in listed:
        del one["setup"]
    assert town["bins"] == listed
    assert budis in [one["id"] for one in town["pickups"]]


def test_then_a_bin_as_it_changes_and_the_time(client: Client, town: Town) -> None:
    with listening(client) as stream:
        next(stream)
        town.hear("stasiun-plastic", 24)

        changed = await_event(stream, "bin")
        clock = await_event(stream, "clock")

    assert (changed["id"], changed["heard_at_s"]) == ("stasiun-plastic", town.clock.ms // 1000)
    assert clock == {"now_s": town.clock.ms // 1000}


def test_a_pickup_as_it_moves_and_once_more_when_it_closes(client: Client, budis: str) -> None:
    with listening(client) as stream:
        next(stream)
        client.act("budi", f"/v1/pickups/{budis}/accept")
        accepted = await_event(stream, "pickup")
        client.act("sri", f"/v1/pickups/{budis}/withdraw")
        withdrawn = await_event(stream, "pickup")

    assert (accepted["id"], accepted["state"]) == (budis, "accepted")
    assert (withdrawn["id"], withdrawn["state"]) == (budis, "withdrawn")


def test_all_who_listen_hear_the_same(client: Client, town: Town) -> None:
    with listening(client) as one, listening(client) as other:
        next(one)
        next(other)
        town.hear("stasiun-plastic", 24)

        assert await_event(one, "bin") == await_event(other, "bin")
        assert listeners(client) == 2


def test_the_time_comes_although_nothing_changes(client: Client, town: Town) -> None:
    with listening(client) as stream:
        next(stream)
        heard = [next(stream), next(stream)]

    assert heard == [("clock", {"now_s": town.clock.ms // 1000})] * 2


def test_who_comes_back_starts_from_a_snapshot(client: Client) -> None:
    with listening(client, **{"Last-Event-ID": "41"}) as stream:
        assert next(stream)[0] == "snapshot"


def test_who_leaves_is_no_longer_counted_and_who_comes_later_is_served(client: Client) -> None:
    with listening(client) as stream:
        next(stream)
        assert listeners(client) == 1

    wait_until(lambda: listeners(client) == 0, 3, "the listener's leaving")
    with listening(client) as stream:
        assert next(stream)[0] == "snapshot"


def test_a_database_that_is_away_for_a_while_is_waited_for(client: Client, town: Town) -> None:
    with listening(client) as stream:
        next(stream)
        with town.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE thing RENAME TO hidden")
            connection.commit()
        time.sleep(0.5)
        with town.engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO thing")
            connection.commit()
        town.hear("stasiun-plastic", 24)

        assert await_event(stream, "bin")["id"] == "stasiun-plastic"


def test_too_many_are_told_to_ask_instead(town: Town) -> None:
    limits = Limits(listeners=1, look_every_s=0.1)
    with served(town.services(limits)) as client, listening(client) as stream:
        next(stream)
        answer = client.get("/v1/events")

        assert answer.status_code == 503
        assert answer.json()["type"] == "/problems/too-many-listeners"
        assert answer.headers["retry-after"] == "10"


def test_stopping_the_server_ends_the_streams(town: Town) -> None:
    with Client(timeout=10) as stays:
        with served(town.services()) as client:
            request = stays.build_request("GET", f"{client.base_url}/v1/events")
            stream = stays.send(request, stream=True)
            heard = events(stream.iter_lines())
            next(heard)
            began = time.monotonic()
        took_s = time.monotonic() - began
        rest = [name for name, _ in heard]

    assert took_s < GRACE_S / 2
    assert set(rest) <= {"clock"}


async def test_a_listener_who_cannot_keep_up_is_let_go() -> None:
    listener = Listener()
    for _ in range(QUEUE + 1):
        listener.tell(news(b"news"))

    assert [chunk async for chunk in listener.chunks()] == []


def test_looking_takes_at_most_a_fifth_of_the_time() -> None:
    assert pause_s(1.0, took_s=0.01) == 1.0
    assert pause_s(1.0, took_s=0.5) == 2.0


@pytest.mark.parametrize("times", [1, 5])
async def test_a_listener_hears_what_it_was_told_in_order(times: int) -> None:
    listener = Listener()
    for number in range(times):
        listener.tell(news(b"%d" % number))
    chunks = listener.chunks()

    heard = [await anext(chunks) for _ in range(times + 1)]
    await chunks.aclose()  # type: ignore[attr-defined]

    assert heard == [b"retry: 3000\n\n", *(b"%d" % number for number in range(times))]


async def test_what_is_packed_once_is_one_stream_for_each_who_listens() -> None:
    first, later = Listener(is_packed=True), Listener(is_packed=True)
    parts = [news(b"%d " % number * 500) for number in range(5)]
    for number, one in enumerate(parts):
        first.tell(one)
        if number:
            later.tell(one)
    heard = {}
    for name, listener in (("first", first), ("later", later)):
        chunks = listener.chunks()
        told = [await anext(chunks) for _ in range(6 if listener is first else 5)]
        listener.let_go()
        heard[name] = b"".join([*told, *[chunk async for chunk in chunks]])

    plain = [one.plain for one in parts]
    assert gzip.decompress(heard["first"]) == b"retry: 3000\n\n" + b"".join(plain)
    assert gzip.decompress(heard["later"]) == b"retry: 3000\n\n" + b"".join(plain[1:])
    assert len(heard["first"]) < len(b"".join(plain)) // 10


def test_a_browser_is_sent_the_town_packed_and_a_simple_client_as_it_is(client: Client) -> None:
    for asked, sent in (("gzip, br", "gzip"), ("identity", None)):
        with client.stream("GET", "/v1/events", headers={"Accept-Encoding": asked}) as answer:
            assert answer.headers.get("content-encoding") == sent
            assert next(events(answer.iter_lines()))[0] == "snapshot"
