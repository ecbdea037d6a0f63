"""The broker ends, and keeps or forgets what it acknowledged; or says things again."""

import asyncio
from functools import partial

from firmware.payload import encode_message
from ingest.mqtt.session import Address
from jemput.broker.account import device_user, ingest_user
from tests.faults.brokers import PASSWORD, Nats, gateway_user
from tests.faults.fleet import Fleet, Message
from tests.faults.scenario import Room, Setup
from tests.faults.world import World
from tests.servers import HOST, Mosquitto, wait_until

room = Room()
NEVER_TAKEN = {
    "boot": 9,
    "seq": 1,
    "at": 1_790_000_000,
    "clock": "ntp",
    "quality": "no_echo",
    "echoes": 0,
    "spread_mm": 0,
}


@room.holds(11, "broker forgets what it acknowledged", Setup("forgetful", keeps=True))
async def forgetful(world: World) -> None:
    """Mosquitto with its defaults is killed with a full queue; devices keep until the ack."""
    devices = world.devices
    world.ingester.freeze()
    for device in devices:
        world.fleet.say(device, 3)
    await world.fleet.all_told()
    world.broker.kill()
    world.ingester.kill()
    world.broker.start()
    world.fleet.silent |= set(devices)
    await world.start_ingester()
    for device in devices:
        world.fleet.say(device)
    await world.heard(len(devices))
    await asyncio.sleep(0.5)
    world.fleet.silent.clear()
    async with world.talking():
        await asyncio.sleep(2)


@room.holds(11, "told only what is committed", Setup("forgetful", keeps=True))
async def told_too_early(world: World) -> None:
    """The ingester hears while the database is stuck; then it and a broker that forgets die."""
    with world.locked():
        for device in world.devices:
            world.fleet.say(device, 3)
        await world.fleet.all_told()
        await asyncio.sleep(0.7)
        world.ingester.kill()
        world.broker.kill()
        world.broker.start()
    await world.start_ingester()


@room.holds(12, "broker killed, session kept: nats-server")
async def nats_killed(world: World) -> None:
    """Kill nats-server twice while devices speak and the ingester hears."""
    async with world.talking():
        for _ in range(2):
            await world.pause(0.3, 0.8)
            before = world.ledger.links_up
            world.broker.kill()
            await asyncio.to_thread(world.broker.start)
            await world.relinked(before)


@room.holds(12, "broker killed, session kept: Mosquitto", Setup("mosquitto"))
async def mosquitto_killed(world: World) -> None:
    """Kill Mosquitto, in its lossless profile, with a full queue that it has saved."""
    assert isinstance(world.broker, Mosquitto)
    for _ in range(2):
        world.ingester.kill()
        for device in world.devices:
            world.fleet.say(device, 10)
        last = world.fleet.say(world.devices[0])[0]
        await world.fleet.all_told()
        mark = f'"boot":{last.boot},"seq":{last.seq},'.encode()
        has_saved = partial(world.broker.has_saved, mark)
        await asyncio.to_thread(wait_until, has_saved, 10, "the save")
        world.broker.kill()
        await asyncio.to_thread(world.broker.start)
        await world.start_ingester()


# Mosquitto saves what it queues, and not what is in flight to who is connected: whoever
# trusts its PUBACK alone loses that when both are killed together.
@room.holds(12, "broker and ingester killed together", Setup("mosquitto", keeps=True))
async def both_killed(world: World) -> None:
    """Kill Mosquitto with messages in flight to a frozen ingester, and that too."""
    async with world.talking():
        await world.pause(0.2, 0.5)
        world.ingester.freeze()
        await world.pause(0.3, 0.6)
        world.broker.kill()
        world.ingester.kill()
        await asyncio.to_thread(world.broker.start)
        await world.start_ingester()


@room.holds(13, "stale acknowledgement", Setup("forgetful"))
async def stale_ack(world: World) -> None:
    """Packet ids of a lost session mean other messages now: old ones acknowledge nothing."""
    head = world.ledger.journal.head()
    with world.locked() as database:
        for device in world.devices[:5]:
            world.fleet.say(device)
        await world.fleet.all_told()
        await asyncio.sleep(0.3)
        links = world.link.accepted
        world.broker.kill()
        world.broker.start()
        while world.link.accepted < links + 2:  # noqa: ASYNC110 - a test may poll
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.7)
        for device in world.devices[:5]:
            world.fleet.say(device)
        await world.fleet.all_told()
        await asyncio.sleep(0.3)
        database.execute(
            "CREATE TRIGGER only_one_more BEFORE INSERT ON journal"
            f" WHEN NEW.position > {head + 1} BEGIN SELECT RAISE(ABORT, 'no more'); END"
        )
    await world.until(lambda: world.ledger.position > head, "the first commit")
    await asyncio.sleep(0.3)
    world.ingester.kill()
    with world.locked() as database:
        database.execute("DROP TRIGGER only_one_more")
    await world.start_ingester()


@room.holds(19, "said again on a timer, while the database is stuck", Setup(ack_wait_s=1))
async def timer_redelivery(world: World) -> None:
    """nats-server says everything again each second while another program holds the lock."""
    async with world.talking():
        with world.locked():
            await asyncio.sleep(3.5)


@room.holds(30, "a device revoked in mid-session, and one that lies")
async def revoked(world: World) -> None:
    """An account is taken from a device while it speaks; another speaks in others' names."""
    assert isinstance(world.broker, Nats)
    ours = (ingest_user(PASSWORD), gateway_user())
    world.broker.reload((*ours, device_user("d-b7", PASSWORD), device_user("d-b8", PASSWORD)))
    port = world.broker.port
    revoked = Fleet(Address(HOST, port, "d-b7", PASSWORD), world.oracle, keeps=False)
    liar = Fleet(Address(HOST, port, "d-b8", PASSWORD), world.oracle, keeps=False)
    async with revoked.connected(), liar.connected(), world.talking(30):
        revoked.say("d-b7", 3, boot=2)
        await revoked.all_told()
        forged = encode_message([NEVER_TAKEN], [])
        liar.put(Message("jemput/v1/coblong/d-b7/reading", forged))
        liar.put(Message("jemput/v1/coblong/d-b6/reading", forged, retain=True))
        world.broker.reload((*ours, device_user("d-b8", PASSWORD)))
        told = len(world.oracle.obliged)
        late = revoked.say("d-b7", 3, boot=2)
        await asyncio.sleep(1)
        assert len(world.oracle.obliged) >= told
        assert not world.oracle.obliged & set(late), "a revoked device was told that all is well"
        world.ingester.kill()  # what was kept of the liar's words would be told to a new session
        await world.start_ingester()
