"""What nobody can take: each message goes to quarantine, once, and stops nobody."""

import json

from tests.faults.fleet import Message
from tests.faults.oracle import Poison
from tests.faults.scenario import Room, Setup
from tests.faults.world import World

room = Room()
ROOT = "jemput/v1/coblong"


def reading(seq: int, **other: object) -> dict[str, object]:
    """A reading that would be taken."""
    usual = {"boot": 9, "seq": seq, "at": 1_790_000_000, "clock": "ntp", "quality": "no_echo"}
    return usual | other


def message(*readings: object, **other: object) -> bytes:
    """A payload that is JSON."""
    return json.dumps({"v": 1, "readings": readings, "kept": [], **other}).encode()


def wrong_payloads(seq: int) -> list[tuple[bytes, str]]:
    """Payloads, no two runs of `seq` alike, and the reason why each is set aside."""
    mark = str(seq).encode()
    return [
        (b"\xff\xfe\x80" + mark, "not_utf8"),
        (b"{nonsense" + mark, "not_json"),
        (b'{"v":1,"readings":[{"boot":NaN}],"kept":[],"mark":' + mark + b"}", "not_json"),
        (b'{"deep":' + b"[" * 20_000 + mark, "not_json"),
        (b" " * 1_000_000 + mark, "too_large"),
        (mark, "invalid"),
        (message(mark.decode()), "invalid"),
        (message(reading(seq, distance_mm=5.5)), "invalid"),
        (message(reading(seq, quality="ok")), "invalid"),
        (message(reading(seq, quality='ok",x="')), "invalid"),
        (message(reading(seq, at=2**70)), "invalid"),
        (message(reading(seq, boot=-1)), "invalid"),
        (message(*[reading(seq)] * 200), "invalid"),
        (message(reading(seq), v=2), "invalid"),
        (message(reading(seq), device="d-b2"), "other_device"),
        (message(reading(seq), device="d-b1\n"), "other_device"),
        (message(reading(seq), device="+"), "other_device"),
    ]


def put(world: World, topic: str, payload: bytes, reason: str) -> None:
    """Send poison; once told, it has to be in quarantine."""
    world.fleet.put(Message(topic, payload, poison=Poison(topic, payload, reason)))


@room.holds(29, "poison of many kinds")
async def poison(world: World) -> None:
    """Not UTF-8, NaN, a megabyte, deep JSON, other devices, among readings of good devices."""
    async with world.talking():
        for seq in range(1, 6):
            for payload, reason in wrong_payloads(seq):
                put(world, f"{ROOT}/d-b1/reading", payload, reason)
            put(world, "jemput/v1/BAD_SITE/d-b1/reading", message(reading(seq)), "wrong_topic")
            put(world, f"{ROOT}/BAD_DEVICE/reading", message(reading(seq)), "wrong_topic")
            await world.pause(0.1, 0.2)


@room.holds(29, "a retained reading")
async def retained(world: World) -> None:
    """A reading published to be retained is told again at each link: it counts once."""
    one = world.oracle.mint("d-b3")
    said = world.fleet.message((one,))
    world.fleet.put(Message(said.topic, said.payload, said.holds, retain=True))
    await world.fleet.all_told()
    async with world.talking():
        for _ in range(3):
            await world.pause(0.2, 0.4)
            world.link.cut()
            await world.pause(0.5, 0.8)
        world.ingester.kill()
        await world.start_ingester()


@room.holds(39, "names that would be line protocol", Setup("mosquitto", influx=True))
async def injection(world: World) -> None:
    """Topics and words with commas, spaces, quotes and newlines: not one of them is written."""
    names = (  # no control characters: the broker takes no topic with them
        "d-b1,bin=b2",
        "d-b1 fill_percent=1i",
        "d b1",
        'd-b1"',
        "d-b1\\",
        "%2e%2e",
        "d-b1=",
        "é",
    )
    async with world.talking():
        for seq, name in enumerate(names, 1):
            put(world, f"{ROOT}/{name}/reading", message(reading(seq)), "wrong_topic")
            put(world, f"jemput/v1/{name}/d-b1/reading", message(reading(seq)), "wrong_topic")
            words = message(reading(seq, quality=f"{name}\nreading,bin=x fill_percent=1i"))
            put(world, f"{ROOT}/d-b1/reading", words, "invalid")
            await world.pause(0.05, 0.1)


@room.holds(44, "a poisoned registry")
async def poisoned_registry(world: World) -> None:
    """Rows of the registry and of the inbox that nobody can read: trucks go, and are told."""
    async with world.talking():
        await world.pause(0.1, 0.3)
        for number, blob in enumerate((b"", b"\xc1", b"\x90", b"\xc0", b"\xff" * 70_000)):
            spoilt = Poison("inbox", blob, "fold_failed")
            with world.locked() as database:
                newest = database.execute("SELECT max(revision) FROM thing").fetchone()[0]
                put = "INSERT OR REPLACE INTO thing VALUES (?, ?, 'main', ?, ?)"
                for kind in ("collector", "bin", "halte", "policy", "device", "retired", "riddle"):
                    database.execute(put, (kind, f"poison-{number}", blob, newest + 1))
                database.execute(put, ("bin", "b2", blob, newest + 1))
                said = "INSERT INTO inbox (group_id, blob) VALUES ('main', ?)"
                database.execute(said, (blob,))
            world.oracle.poison[spoilt] += 1
            await world.pause(0.2, 0.4)
            assert world.ingester.runs, "it ended over a row that it could not read"
        world.ingester.kill()
        await world.start_ingester()
    for device in sorted(world.oracle.full):
        world.fleet.say(device)
