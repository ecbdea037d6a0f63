"""The fleet keeps what it should, and says it again as a real device would: all of it."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import aiomqtt

from jemput.broker.account import INGEST
from jemput.memory import WINDOW
from jemput.payload import MAX_READINGS
from tests.faults.brokers import PASSWORD, gateway_address, make_broker
from tests.faults.fleet import MOST_IN_MESSAGE, Fleet
from tests.faults.oracle import Oracle
from tests.servers import HOST

KEPT = 500
"""More than any few messages hold, and fewer than a device may keep."""


async def test_what_nobody_acknowledges_is_said_again_to_the_last_reading(tmp_path: Path) -> None:
    assert MOST_IN_MESSAGE * 4 < KEPT < WINDOW
    broker = make_broker("mosquitto", tmp_path / "broker", 2)
    await asyncio.to_thread(broker.start)
    oracle = Oracle(1_790_000_000, frozenset())
    fleet = Fleet(gateway_address(broker.port), oracle, keeps=True)
    try:
        async with aiomqtt.Client(HOST, broker.port, username=INGEST, password=PASSWORD) as ear:
            await ear.subscribe("jemput/v1/+/+/reading", qos=1)
            async with fleet.connected(), asyncio.timeout(60):
                for _ in range(KEPT // 20):
                    fleet.say("d-b1", 20)
                said: Counter[int] = Counter()
                while len(said) < KEPT or min(said.values()) < 3:
                    message = await anext(ear.messages)
                    assert isinstance(message.payload, bytes)
                    seqs = [one["seq"] for one in json.loads(message.payload)["readings"]]
                    assert len(seqs) <= MAX_READINGS
                    said.update(seqs)
    finally:
        broker.kill()

    assert sorted(said) == list(range(1, KEPT + 1))
