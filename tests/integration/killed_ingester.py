"""`jemput`, killed right before or right after the commit of an entry.

`JEMPUT_TEST_KILL` says when: `before:3` is at the third entry that this process commits.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from sqlalchemy import Connection, Engine

from ingest import writer
from jemput.cli.main import run
from jemput.store.database import writing

_entries = count(1)


@contextmanager
def killing(engine: Engine) -> Iterator[Connection]:
    """A transaction of the writer; this process may not outlive it."""
    entry = next(_entries)
    with writing(engine) as connection:
        yield connection
        kill_at("before", entry)
    kill_at("after", entry)


def kill_at(moment: str, entry: int) -> None:
    """End this process without a word, if this is the moment."""
    if os.environ.get("JEMPUT_TEST_KILL") == f"{moment}:{entry}":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    writer.writing = killing  # type: ignore[attr-defined] # it is what the writer calls
    run()
