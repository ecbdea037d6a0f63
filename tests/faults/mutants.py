"""Each guarantee broken on purpose, one at a time, so that the scenarios are seen to bite.

Nothing of this is in the program: `tests.faults.launcher` patches it before it starts.
"""
# ruff: noqa: ANN401 - what is patched is whatever is there

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ingest import decoding
from ingest.alerts import sender
from ingest.alerts.channels import SendFailedError, WebhookChannel
from ingest.hearing import Heard
from ingest.mqtt import packets
from ingest.mqtt.link import Link, Stage
from ingest.sinks.influx import InfluxSink
from ingest.station import Station
from ingest.writer import Writer
from jemput import alert, entry, memory, payload, topics
from jemput.fold import judging
from jemput.fold.fold import Fold
from jemput.store import checkpoints, effects, history, journal
from jemput.store.influx import WriteFailedError

Breaks = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken guarantee, and the scenario that should notice first."""

    name: str
    says: str
    breaks: Breaks
    found_by: str


MUTANTS: Final[dict[str, Mutant]] = {}


def mutant(found_by: str) -> Callable[[Breaks], Breaks]:
    """Register the function below as a mutant under its own name."""

    def take(breaks: Breaks) -> Breaks:
        name = breaks.__name__.replace("_", "-")
        says = (breaks.__doc__ or "").strip()
        MUTANTS[name] = Mutant(name, says, breaks, found_by)
        return breaks

    return take


def put(owner: object, name: str, wrap: Callable[[Any], object]) -> None:
    """Replace what is there by what `wrap` makes of it. Raises where nothing is there."""
    setattr(owner, name, wrap(getattr(owner, name)))


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


@mutant("duplicates, reboots, new boots")
def skips_the_dedupe() -> None:
    """Every reading counts as new."""
    put(memory.DeviceMemory, "judge", lambda _: lambda *_: memory.Verdict.NEW)


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


@mutant("kill -9 at random moments")
def forgets_decisions_in_recovery() -> None:
    """Recovery takes what was read and not what was decided."""

    def wrap(usual: Any) -> object:
        def replay(self: Any, one: Any) -> None:
            usual(self, msgspec.structs.replace(one, decisions=()))

        return replay

    put(Fold, "replay", wrap)


@mutant("the database refuses commits")
def keeps_the_state_after_a_failed_commit() -> None:
    """A commit that failed leaves the state in memory as if it had not."""

    def wrap(usual: Any) -> object:
        def recover(self: Any) -> None:
            if hasattr(self, "_recovered"):
                self._is_doubtful = False
                return
            self._recovered = True
            usual(self)

        return recover

    put(Writer, "recover", wrap)


@mutant("InfluxDB down and back")
def moves_a_cursor_early() -> None:
    """A sink's cursor moves although the server did not take the entries."""

    def wrap(usual: Any) -> object:
        async def write(self: Any, entries: Any) -> object:
            try:
                return await usual(self, entries)
            except WriteFailedError:
                return ()

        return write

    put(InfluxSink, "write", wrap)


@mutant("InfluxDB refuses single rows")
def forgets_refused_rows() -> None:
    """Rows that InfluxDB refuses are not set aside."""

    def wrap(usual: Any) -> object:
        async def write(self: Any, entries: Any) -> object:
            await usual(self, entries)
            return ()

        return write

    put(InfluxSink, "write", wrap)


@mutant("a zombie comes back")
def ignores_the_epoch() -> None:
    """Whoever holds the lock may append, also who was replaced."""

    def wrap(usual: Any) -> object:
        def lock(self: Any, connection: Any, _: int) -> object:
            epoch = connection.exec_driver_sql("SELECT epoch FROM journal_group").scalar()
            return usual(self, connection, epoch)

        return lock

    put(journal.Journal, "lock", wrap)


@mutant("old news calls nobody")
def judges_late_readings() -> None:
    """A level calls a truck however old it is."""
    put(judging, "CALLING_RULES", lambda rules: (_late(rules[0]), *rules[1:]))


def _late(rule: Any) -> object:
    return lambda view: rule(_Fresh(view))


class _Fresh:
    """A view that says that its level is fresh."""

    has_fresh_level = True

    def __init__(self, view: Any) -> None:
        self._view = view

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)


@mutant("duplicates, reboots, new boots")
def leaves_devices_out_of_the_checkpoint() -> None:
    """The checkpoint stands at its position, and what devices said is older."""

    def wrap(usual: Any) -> object:
        def save(self: Any, state: Any, bins: Any, _: Any, **other: Any) -> object:
            return usual(self, state, bins, (), **other)

        return save

    put(checkpoints.Checkpoints, "save", wrap)


@mutant("nobody answers the alerts")
def believes_in_its_alerts() -> None:
    """An alert counts as sent whatever the receiver answers."""

    def wrap(usual: Any) -> object:
        async def send(self: Any, *told: Any) -> None:
            try:
                await usual(self, *told)
            except SendFailedError:
                return

        return send

    put(WebhookChannel, "send", wrap)


@mutant("nobody answers the alerts")
def changes_the_key_of_an_alert() -> None:
    """An alert that is sent again has another key."""

    def wrap(usual: Any) -> object:
        def compose(says: Any, sent_ms: int, api_url: str) -> object:
            made = usual(says, sent_ms, api_url)
            body = {**made.body, "key": f"{made.key}/{sent_ms}"}
            return alert.Alert(body["key"], made.text, body)

        return compose

    put(sender, "compose", wrap)


@mutant("poison of many kinds")
def drops_poison() -> None:
    """What cannot be taken is acknowledged and forgotten."""
    put(effects, "write_quarantine", lambda _: lambda *_: None)


@mutant("restart with a backlog")
def drops_what_comes_before_the_suback() -> None:
    """What a resumed session says before the SUBACK is not kept."""

    def wrap(usual: Any) -> object:
        def deliver(self: Any, heard: list[Heard]) -> None:
            usual(self, [] if self._stage is Stage.SUBSCRIBING else heard)

        return deliver

    put(Link, "_deliver", wrap)


@mutant("kill -9 at random moments")
def writes_one_point_a_second() -> None:
    """Two readings of one second are one row of history."""
    put(history, "time_ns", lambda _: lambda reading: reading.at_s * 10**9)


@mutant("poison of many kinds")
def takes_what_names_another_device() -> None:
    """A payload that names another device than its topic is taken."""

    def wrap(usual: Any) -> object:
        return lambda said: msgspec.structs.replace(usual(said), device=None)

    put(decoding, "decode", wrap)


@mutant("a damaged entry is said, not guessed over")
def reads_over_damage() -> None:
    """An entry is read whatever its checksum says."""
    put(journal, "read_entry", lambda _: lambda *row: entry.decode(row[2]))
