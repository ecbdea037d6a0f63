"""The link between the ingester and the broker."""

from tests.faults.scenario import Room
from tests.faults.world import World

room = Room()


@room.holds(14, "connection reset")
async def resets(world: World) -> None:
    """Reset every connection of the ingester eight times while devices speak."""
    async with world.talking(messages_s=150):
        for _ in range(8):
            await world.pause(0.1, 0.5)
            world.link.cut()
