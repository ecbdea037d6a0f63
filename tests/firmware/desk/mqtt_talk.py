"""One connection of the firmware's own client, told on standard input; runs on MicroPython."""

import binascii
import json
import sys
import time

from firmware.budget import Budget, OutOfTime
from firmware.mqtt.session import Refused, Session
from firmware.net.dial import Tls, dial
from firmware.net.stream import Broken

MOST_HEARD = 20


def run(told: dict) -> dict:  # type: ignore[type-arg] # nothing of typing is here
    """Connect, subscribe, publish, settle; what came, and how it ended."""
    heard: list[list[str]] = []

    def hear(topic: str, payload: bytes) -> None:
        if len(heard) < MOST_HEARD:
            heard.append([topic, str(payload, "utf-8")])

    budget = Budget(time, told["budget_ms"])
    said = {"end": "done", "heard": heard}
    try:
        tls = None
        if "authority" in told:
            tls = Tls(binascii.unhexlify(told["authority"]), told["name"])
        stream = dial("127.0.0.1", told["port"], budget, tls)
        session = Session(stream, budget, hear, told["answer_ms"])
        session.open(told["user"], told["password"], told["will"], b"lost", 60)
        if told["topics"]:
            said["granted"] = session.subscribe(told["topics"])
        for topic, size in told["publish"]:
            session.publish(topic, (b"0123456789" * (size // 10 + 1))[:size])
        session.settle()
        if told.get("vanish"):
            stream.close()
        else:
            session.close()
    except (Broken, Refused) as error:
        said["end"] = error.reason
    except OutOfTime:
        said["end"] = "out of time"
    said["used_ms"] = budget.used_ms()
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(json.loads(sys.stdin.read()))))
