"""A town lives: devices measure, collectors come, until somebody says stop.

Town ◀─ Fleet ─▶ broker ─▶ … ─▶ alert ─▶ Crew ─▶ api
  ▲                                       │
  └────────────── empties ────────────────┘
"""

import asyncio

from simulator.crew import Crew, webhook_url
from simulator.fleet import Fleet
from simulator.run import Run, RunError
from simulator.tally import Tally
from simulator.town import Town

__all__ = ["Run", "RunError", "Tally", "simulate", "webhook_url"]


async def simulate(
    run: Run, stop: asyncio.Event, tally: Tally, ready: asyncio.Event | None = None
) -> None:
    """Let the town of `run` live until `stop`; `ready` is set once everybody is connected.

    After `stop` no device wakes any more, and what is being sent is finished, so the
    tally is complete when this returns. Raises `RunError` when the run cannot start.
    """
    run.check()
    clock, town = run.clock(), Town(run.scenario, run.start_s)
    fleet, crew = Fleet(run, town, clock, tally), Crew(run, town, clock, tally)
    async with crew.open() as session, asyncio.TaskGroup() as group:
        others = [
            group.create_task(crew.live(session), name="collectors"),
            group.create_task(_watch(fleet, crew, ready or asyncio.Event()), name="ready"),
        ]
        await fleet.live(stop)
        for task in others:
            task.cancel()


async def _watch(fleet: Fleet, crew: Crew, ready: asyncio.Event) -> None:
    await crew.connected()
    await fleet.connected()
    ready.set()
