"""Who tells is killed -9 again and again while pickups move: nothing is lost, nothing changes."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.events.desk import make_town, receiving
from tests.listener import until

PROGRAM = (sys.executable, "-m", "tests.integration.events.killed_teller")
KILLS = 4
PICKUPS = 12
SLOW_S = 60


@asynccontextmanager
async def telling(url: str) -> AsyncIterator[None]:
    """A process that tells; it is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readline(), SLOW_S)
        yield
    finally:
        process.kill()
        await process.communicate()


async def test_every_event_arrives_with_the_same_bytes_in_order_however_often_it_is_killed(
    tmp_path: Path,
) -> None:
    rng = random.Random(1)  # noqa: S311 - chance, no secret
    town = make_town(tmp_path)
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    async with receiving() as receiver:
        mine, _ = town.subscribe(receiver.url)
        opened: list[str] = []
        for _ in range(KILLS):
            async with telling(url):
                opened += [town.open_pickup() for _ in range(PICKUPS)]
                kill_at = len(receiver.posts) + rng.randint(1, PICKUPS)
                await until(lambda n=kill_at: len(receiver.posts) >= n, "posts", SLOW_S)  # type: ignore[misc]
        async with telling(url):
            names = [f"{one}/requested" for one in opened]
            await until(lambda: town.deliveries.standing(mine).waiting == 0, "the rest", SLOW_S)
            await until(lambda: set(names) <= set(receiver.ids), "every event", SLOW_S)

        assert list(dict.fromkeys(receiver.ids)) == names
        for name in names:
            assert len({one.body for one in receiver.posts if one.id == name}) == 1
        assert len(receiver.posts) <= len(names) + KILLS
    town.engine.dispose()
