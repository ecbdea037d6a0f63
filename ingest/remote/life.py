"""The remote life of a group's devices, as one task: both ways, until told to stop."""

import asyncio

from ingest.hearing import Owner
from ingest.mqtt.lean import LeanEar
from ingest.mqtt.session import Address, Session
from ingest.ownership import Ownership
from ingest.remote.statuses import StatusKeeper
from ingest.remote.telling import DeviceTeller
from ingest.speaking import Speaker
from ingest.writer import Writer
from jemput.store.clock import Clock
from jemput.store.registry import RegistryStore
from jemput.store.statuses import Statuses
from jemput.topics import STATUS_FILTER


async def live(  # noqa: PLR0913, PLR0917 - everything it reaches
    writer: Writer,
    clock: Clock,
    speaker: Speaker,
    address: Address,
    client_id: str,
    stop: asyncio.Event,
) -> None:
    """Keep what devices say of themselves, and tell them what people wrote for them."""
    engine, group = writer.journal.engine, writer.journal.group
    keeper = StatusKeeper(Statuses(engine, group), clock)
    owner = Owner(keeper.on_heard, keeper.on_link, Ownership(writer).may_connect)
    ear = keeper.ear = LeanEar(address, Session(client_id, (STATUS_FILTER,)), owner)
    teller = DeviceTeller(RegistryStore(engine, group), speaker, clock)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ear.listen(), name="status-ear")
        keeping = tasks.create_task(keeper.run(stop), name="statuses")
        telling = tasks.create_task(teller.run(stop), name="devices")
        await stop.wait()
        telling.cancel()  # what was not said is said at the next start
        await asyncio.wait({keeping})
        await ear.close()
