"""What docs/webhooks.md says, against what is sent."""

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from jemput import webhooks
from jemput.events import PING, EventType
from jemput.store.subscriptions import Subscriptions
from tests.integration.events.desk import GROUP, make_town, receiving
from tests.listener import until

PAGE: Final = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
SECRET: Final = webhooks.secret_of(b"k" * 32)
BODY: Final = b'{"id": "x"}'


def block(language: str) -> str:
    """The only block of that language on the page."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1
    return str(found[0])


def is_genuine() -> Callable[[Mapping[str, str], bytes, str], bool]:
    """The example, as somebody would paste it."""
    pasted: dict[str, Any] = {}
    exec(block("python"), pasted)  # noqa: S102 - our own page
    checks: Callable[[Mapping[str, str], bytes, str], bool] = pasted["is_genuine"]
    return checks


def headers(at_s: float | None = None) -> dict[str, str]:
    now_s = int(time.time() if at_s is None else at_s)
    return {
        "webhook-id": "x",
        "webhook-timestamp": str(now_s),
        "webhook-signature": webhooks.signature(SECRET, "x", now_s, BODY),
    }


def test_the_example_takes_what_is_ours() -> None:
    assert is_genuine()(headers(), BODY, SECRET)
    both = headers()
    both["webhook-signature"] = f"v1,AAAA {both['webhook-signature']}"
    assert is_genuine()(both, BODY, SECRET)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "y"},
        {"webhook-timestamp": str(int(time.time()) + 100)},
        {"webhook-timestamp": "now"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-signature": webhooks.signature(SECRET, "x", int(time.time()), BODY)[3:]},
        headers(time.time() - 301),
    ],
)
def test_the_example_refuses_what_is_not(changed: dict[str, str]) -> None:
    assert not is_genuine()({**headers(), **changed}, BODY, SECRET)


def test_the_example_refuses_other_words_and_another_secret() -> None:
    assert not is_genuine()(headers(), BODY + b" ", SECRET)
    assert not is_genuine()(headers(), BODY, webhooks.secret_of(b"o" * 32))


async def test_the_example_takes_what_is_really_sent(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    async with receiving() as receiver:
        _, secret = town.subscribe(receiver.url)
        town.open_pickup()
        async with town.telling():
            await until(lambda: bool(receiver.posts), "the event", 60)

        post = receiver.posts[0]
        assert is_genuine()(post.headers, post.body, secret)
        shown = json.loads(block("json"))
        assert shown.keys() == post.event.keys()
        assert shown["data"].keys() == post.event["data"].keys()
    town.engine.dispose()


async def test_a_receiver_misses_nothing_while_its_secret_is_rotated(tmp_path: Path) -> None:
    town = make_town(tmp_path)
    async with receiving() as receiver:
        mine, old = town.subscribe(receiver.url)
        kept = Subscriptions(town.engine, GROUP)
        until_ms = town.clock.ms + 60_000
        new = kept.rotate(mine, "sri", town.clock.ms, until_ms)
        async with town.telling():
            town.open_pickup()
            await until(lambda: len(receiver.posts) == 1, "an event for both", 60)
            town.clock.ms = until_ms
            town.open_pickup()
            await until(lambda: len(receiver.posts) == 2, "an event for the new one", 60)

        known = [
            [is_genuine()(post.headers, post.body, one) for one in (old, new)]
            for post in receiver.posts
        ]
        assert known == [[True, True], [False, True]]
    town.engine.dispose()


def test_every_type_is_on_the_page() -> None:
    for one in (*EventType, PING):
        assert f"`{one}`" in PAGE
