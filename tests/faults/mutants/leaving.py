"""Guarantees of what leaves the journal, broken: history and alerts."""
# ruff: noqa: ANN401 - what is patched is whatever is there

from typing import Any

from ingest.alerts import sender
from ingest.alerts.channels import SendFailedError, WebhookChannel
from ingest.sinks.influx import InfluxSink
from jemput import alert
from jemput.store import history
from jemput.store.influx import WriteFailedError
from tests.faults.mutants.mutant import mutant, put


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


@mutant("kill -9 at random moments")
def writes_one_point_a_second() -> None:
    """Two readings of one second are one row of history."""
    put(history, "time_ns", lambda _: lambda reading: reading.at_s * 10**9)


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
