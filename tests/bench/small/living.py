"""The town alive for some minutes: its devices wake, somebody looks at the page, and we measure."""

import asyncio
import itertools
import time
from typing import Final, NamedTuple

import httpx

from jemput.broker.ports import LOOPBACK
from tests.bench.processes import Taken, all_of, taken
from tests.bench.small.town import CADENCE_S, SmallTown

READY_S: Final = 60
WARM_S: Final = 20
POLL_S: Final = 10
AT_ONCE: Final = 20


class Lived(NamedTuple):
    """What it took: of each process its memory at the end, and its processor in the meantime."""

    seconds: float
    faster: float
    readings: int
    processes: dict[str, Taken]

    @property
    def whole(self) -> Taken:
        """All processes together."""
        return sum(self.processes.values(), Taken(0, 0, 0))

    def percent(self, one: Taken) -> float:
        """Of one core."""
        return 100 * one.cpu_s / self.seconds


async def live(town: SmallTown, seconds: float, faster: float) -> Lived:
    """Let it live for so long, at so many times its true rate, with one page open."""
    with town.running() as parts:
        await _ready(town)
        async with asyncio.TaskGroup() as tasks:
            looking = [tasks.create_task(one) for one in (_listen(town), _poll(town))]
            waking = tasks.create_task(_wake_all(town, faster))
            await asyncio.sleep(WARM_S)
            pids, began, before = all_of(parts), time.monotonic(), town.readings()
            at_first = {name: taken(pid) for name, pid in pids.items()}
            await asyncio.sleep(seconds)
            at_last = {name: taken(pid) for name, pid in pids.items()}
            took_s, readings = time.monotonic() - began, town.readings() - before
            for task in (*looking, waking):
                task.cancel()
    processes = {
        name: one._replace(cpu_s=one.cpu_s - at_first[name].cpu_s) for name, one in at_last.items()
    }
    return Lived(took_s, faster, readings, processes)


async def _wake_all(town: SmallTown, faster: float) -> None:
    """Each device in its turn, evenly over the ten minutes, round after round."""
    pause_s = CADENCE_S / town.bins / faster
    boot, next_s = int(time.time()), time.monotonic()
    may_wake = asyncio.Semaphore(AT_ONCE)

    async def wake(number: int, seq: int) -> None:
        async with may_wake:
            await town.wake(number, boot, seq)

    async with asyncio.TaskGroup() as wakes:
        for seq in itertools.count(1):
            for number in range(town.bins):
                wakes.create_task(wake(number, seq))
                next_s += pause_s
                await asyncio.sleep(max(0.0, next_s - time.monotonic()))


async def _listen(town: SmallTown) -> None:
    """An operator's page, left open."""
    async with _client(town) as client, client.stream("GET", "/v1/events") as answer:
        async for _ in answer.aiter_bytes():
            pass


async def _poll(town: SmallTown) -> None:
    """A page that cannot listen."""
    async with _client(town) as client:
        while True:
            for path in ("/v1/bins", "/v1/pickups?state=open"):
                (await client.get(path)).raise_for_status()
            await asyncio.sleep(POLL_S)


async def _ready(town: SmallTown) -> None:
    async with asyncio.timeout(READY_S), _client(town) as client:
        while True:
            try:
                if (await client.get("/v1/session")).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.2)


def _client(town: SmallTown) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {town.key}"}
    url = f"https://{LOOPBACK}:{town.api_port}"
    return httpx.AsyncClient(base_url=url, verify=town.tls, headers=headers, timeout=None)  # noqa: S113 - it listens for minutes
