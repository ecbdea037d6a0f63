"""Pouring it out: all connections together, saturated or at a rate."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from simulator.flood.link import Broker, Link, Times
from simulator.flood.messages import Plan, Writer

_TICK_S: Final = 0.002
_PERMILLE: Final = 1000


@dataclass(frozen=True, slots=True)
class Poured:
    """What came of it: one `Times` for each connection."""

    plan: Plan
    times: list[Times]
    begun_s: float
    """Unix seconds of the first message."""
    seconds: float

    @property
    def msgs_per_s(self) -> float:
        """Messages acknowledged by the broker a second."""
        return self.plan.count / self.seconds if self.seconds else 0.0

    def puback_s(self, permille: int) -> float:
        """How long an acknowledgement took, for so many of a thousand messages at most."""
        took = sorted(
            acked - sent
            for times in self.times
            for sent, acked in zip(times.sent_s, times.acked_s, strict=True)
        )
        return took[min(len(took) - 1, len(took) * permille // _PERMILLE)] if took else 0.0


async def pour(broker: Broker, plan: Plan, *, window: int, rate: float = 0) -> Poured:
    """Say all of the plan. `window` is how many may wait for PUBACK on a connection.

    `rate` is messages a second in all, 0 as many as possible. Raises `FloodError`, `OSError`.
    """
    writer = Writer(plan)
    links: list[Link] = []
    try:
        for number in range(plan.connections):
            link = _link(broker, plan, number, window)
            links.append(link)
            await link.connect()
        at_s, begun_s = time.time(), time.monotonic()
        if rate:
            await _pace(links, writer, plan, rate)
        else:
            for link in links:
                link.allow(writer, plan.count)
        await asyncio.gather(*(link.done for link in links))
        took_s = time.monotonic() - begun_s
        return Poured(plan, [link.times for link in links], at_s, took_s)
    finally:
        for link in links:
            link.leave()


def _link(broker: Broker, plan: Plan, number: int, window: int) -> Link:
    said, count = plan.of_link(number), plan.count_of_link(number)
    return Link(broker, f"flood-{plan.boot}-{number}", said, count, window)


async def _pace(links: list[Link], writer: Writer, plan: Plan, rate: float) -> None:
    """Allow a little more at each tick; what the window holds back is caught up later."""
    begun_s, due = time.monotonic(), 0
    while due < plan.count:
        await asyncio.sleep(_TICK_S)
        due = int((time.monotonic() - begun_s) * rate)
        for number, link in enumerate(links):
            if link.done.done():
                await link.done
            upto = due * (number + 1) // len(links) - due * number // len(links)
            link.allow(writer, upto if due < plan.count else plan.count)
