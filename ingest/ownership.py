"""Whose group it is: asked before each connection, and said in one sentence once it is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.writer import Writer
from jemput.store.journal import DamagedJournalError, TakenOverError

RETRY_S: Final = 1.0


class Ownership:
    """Asks the database whether this writer still has its group."""

    def __init__(self, writer: Writer, retry_s: float = RETRY_S) -> None:
        """Take a writer that has taken over."""
        self._writer = writer
        self._retry_s = retry_s

    async def may_connect(self) -> None:
        """Return once the database says that the group is ours; raise `TakenOverError` if not.

        Connecting would throw out whoever took over, since the client id is the group's. While
        the database does not answer nobody knows, so that is waited for.
        """
        while True:
            try:
                epoch = await asyncio.to_thread(self._writer.journal.epoch)
            except SQLAlchemyError as error:
                problem = f"the database does not say whose group it is: {error}"
                structlog.get_logger(__name__).warning("connecting_waits", problem=problem)
                await asyncio.sleep(self._retry_s)
                continue
            if epoch != self._writer.epoch:
                group = self._writer.journal.group
                message = f"group {group} is at epoch {epoch}; this is {self._writer.epoch}"
                raise TakenOverError(message)
            return


@asynccontextmanager
async def said_plainly() -> AsyncIterator[None]:
    """Raise what ended a group of tasks by itself, where a person can do something about it."""
    try:
        yield
    except BaseExceptionGroup as errors:
        for error in _leaves(errors):
            if isinstance(error, TakenOverError):
                message = (
                    f"another ingester has this group now, so this one stops: {error}. "
                    "Run one ingester a group; the other one goes on from here"
                )
                raise TakenOverError(message) from error
            if isinstance(error, DamagedJournalError):
                raise error from errors
        raise


def _leaves(errors: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
