"""An ear with an owner that remembers everything it was told."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from aiomqtt import Client

from ingest.hearing import Heard, Owner, Receipt
from ingest.mqtt.ear import LinkedEar
from ingest.mqtt.relinking import Pace
from ingest.mqtt.session import Address, Session
from tests.brokers import BIN, PASSWORD, address
from tests.servers import HOST

PATIENCE_S: Final = 15
FAST: Final = Pace(first_s=0.05, cap_s=0.2, slow_s=0.2)


async def until(is_true: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Look again every 10 ms; raise `TimeoutError` saying what was waited for."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not is_true():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"{what} did not come within {timeout_s} s")
        await asyncio.sleep(0.01)


class Listener:
    """Runs an ear inside `async with`; `heard`, `links` and `troubles` say what it told."""

    def __init__(
        self, kind: type[LinkedEar], where: int | Address, *, session: Session | None = None
    ) -> None:
        """Take what to listen with, and a port of a broker with our users, or a whole address."""
        self.batches: list[list[Heard]] = []
        self.links: list[bool] = []
        self.troubles: list[str] = []
        self.attempts = 0
        self.allowed = asyncio.Event()
        self.allowed.set()
        self.refusal: Exception | None = None
        self.complaint: Exception | None = None
        session = session or Session("ear-of-a-test", ("t/#",), keepalive_s=2)
        owner = Owner(self._on_heard, self._on_link, self._may_connect, self.troubles.append)
        whole = where if isinstance(where, Address) else address(where)
        self.ear = kind(whole, session, owner, FAST)
        self.listening: asyncio.Task[None] | None = None

    def _on_heard(self, batch: list[Heard]) -> None:
        self.batches.append(batch)
        if self.complaint:
            raise self.complaint

    def _on_link(self, *, up: bool) -> None:
        self.links.append(up)

    async def _may_connect(self) -> None:
        self.attempts += 1
        await self.allowed.wait()
        if self.refusal:
            raise self.refusal

    @property
    def heard(self) -> list[Heard]:
        """All messages so far, in order."""
        return [heard for batch in self.batches for heard in batch]

    @property
    def payloads(self) -> list[bytes]:
        """Their payloads."""
        return [heard.payload for heard in self.heard]

    @property
    def receipts(self) -> list[Receipt]:
        """Their receipts."""
        return [heard.receipt for heard in self.heard]

    async def hears(self, number: int, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many messages were heard."""
        await until(lambda: len(self.heard) >= number, f"message {number}", timeout_s)

    async def is_up(self, links: int = 1, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many links came up, the last of which still stands."""
        await until(
            lambda: self.links.count(True) >= links and self.links[-1], f"link {links}", timeout_s
        )

    async def is_down(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until the link is gone."""
        await until(lambda: bool(self.links) and not self.links[-1], "the end of a link", timeout_s)

    async def __aenter__(self) -> Self:
        self.listening = asyncio.create_task(self.ear.listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.ear.close()
        if self.listening and not error:
            await self.listening


async def say(
    port: int, *payloads: bytes, topic: str = "t/1", qos: int = 1, retain: bool = False
) -> None:
    """Publish as the user `bin`, and wait for the broker's acknowledgement of each."""
    async with Client(HOST, port, username=BIN, password=PASSWORD) as client:
        for payload in payloads:
            await client.publish(topic, payload, qos, retain)
