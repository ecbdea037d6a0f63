"""The ingester ends: at any moment, in the middle of a commit, in good order."""

from tests.faults.scenario import Room
from tests.faults.world import World

room = Room()


@room.holds(1, "kill -9 at random moments")
async def kill_at_random(world: World) -> None:
    """Kill the ingester three times while devices speak."""
    async with world.talking():
        for _ in range(3):
            await world.pause(0.2, 0.9)
            world.ingester.kill()
            await world.start_ingester()


@room.holds(3, "SIGTERM in mid-stream")
async def stop_in_mid_stream(world: World) -> None:
    """Ask the ingester to end while devices speak: it drains and says so by its exit code."""
    async with world.talking():
        for _ in range(2):
            await world.pause(0.3, 0.8)
            answered = world.ingester.stop()
            assert answered == 0, f"it ended with {answered}"
            await world.start_ingester()
