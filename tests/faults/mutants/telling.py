"""Guarantees of what is told to brokers and devices, broken."""
# ruff: noqa: ANN401 - what is patched is whatever is there

import ssl
from collections.abc import Sequence
from typing import Any

from ingest.hearing import Heard
from ingest.mqtt import packets
from ingest.mqtt.link import Link, Stage
from ingest.rates import Rates
from ingest.station import Station
from jemput import memory, payload, topics
from tests.faults.mutants.mutant import mutant, put


@mutant("told only what is committed")
def tells_devices_before_commit() -> None:
    """The application ack leaves when a reading is heard, not when it is committed."""

    def wrap(usual: Any) -> object:
        def on_heard(self: Any, batch: list[Heard]) -> None:
            for one in batch:
                spoken = topics.parse(one.topic)
                assert spoken is not None
                readings = payload.decode(one.payload).readings
                upto = [(reading.boot, reading.seq) for reading in readings[-1:]]
                acks = getattr(self, "acks", None) or self._acks
                acks.owe(spoken.site, spoken.device, upto)
            usual(self, batch)

        return on_heard

    put(Station, "on_heard", wrap)


@mutant("database locked by another program")
def tells_the_broker_before_commit() -> None:
    """The PUBACK leaves when a reading is heard, not when it is committed."""

    def wrap(usual: Any) -> object:
        def on_heard(self: Any, batch: list[Heard]) -> None:
            self.ear.acknowledge([one.receipt for one in batch])
            usual(self, batch)

        return on_heard

    put(Station, "on_heard", wrap)


@mutant("stale acknowledgement")
def forgets_the_connection() -> None:
    """A PUBACK goes out on any connection, not only on the one its message came on."""

    def wrap(usual: Any) -> object:
        def pubacks(receipts: Sequence[Any], generation: int) -> object:
            return usual([one._replace(generation=generation) for one in receipts], generation)

        return pubacks

    put(packets, "pubacks", wrap)


@mutant("broker forgets what it acknowledged")
def acks_past_a_hole() -> None:
    """A device is told the highest sequence heard, whatever is missing below."""
    put(memory.BootMemory, "upto", lambda _: lambda self: self.high)


@mutant("a flood beyond what a device may say")
def lets_one_device_say_everything() -> None:
    """No device ever says too much."""
    put(Rates, "sort", lambda _: lambda _self, spoken, _now_ms: (spoken, []))


@mutant("restart with a backlog")
def drops_what_comes_before_the_suback() -> None:
    """What a resumed session says before the SUBACK is not kept."""

    def wrap(usual: Any) -> object:
        def deliver(self: Any, heard: list[Heard]) -> None:
            usual(self, [] if self._stage is Stage.SUBSCRIBING else heard)

        return deliver

    put(Link, "_deliver", wrap)


@mutant("nats-server's certificate renewed, in time and too late")
def believes_any_certificate() -> None:
    """The broker's certificate is not verified."""

    def wrap(usual: Any) -> object:
        def create(*told: Any, **other: Any) -> Any:
            context = usual(*told, **other)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context

        return create

    put(ssl, "create_default_context", wrap)
