"""The embedded history as a sink: the operational database itself."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from ingest.sinks.sink import Refused
from jemput.entry import Entry
from jemput.store.history import EmbeddedHistory
from jemput.store.influx import WriteFailedError


class EmbeddedSink:
    """Rows and cursor move in one transaction, so nothing is written twice."""

    name = EmbeddedHistory.NAME

    def __init__(self, history: EmbeddedHistory) -> None:
        """Take the history it writes to."""
        self._history = history

    async def write(self, entries: Sequence[Entry]) -> Sequence[Refused]:
        """Write in a thread. Raises `WriteFailedError` where the database is busy or full."""
        try:
            await asyncio.to_thread(self._history.write, entries)
        except OperationalError as error:
            raise WriteFailedError(str(error.orig), retry=True) from error
        return ()

    async def close(self) -> None:
        """The engine is not its own."""
