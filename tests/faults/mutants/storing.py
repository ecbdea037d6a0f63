"""Guarantees of the database, broken: commits, epochs, checkpoints, checksums."""
# ruff: noqa: ANN401 - what is patched is whatever is there

from typing import Any

from ingest.writer import Writer
from jemput import entry
from jemput.store import checkpoints, database, effects, journal, registry, registry_rows
from tests.faults.mutants.mutant import mutant, put


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


@mutant("a zombie comes back")
def ignores_the_epoch() -> None:
    """Whoever holds the lock may append, also who was replaced."""

    def wrap(usual: Any) -> object:
        def lock(self: Any, connection: Any, _: int) -> object:
            epoch = connection.exec_driver_sql("SELECT epoch FROM journal_group").scalar()
            return usual(self, connection, epoch)

        return lock

    put(journal.Journal, "lock", wrap)


@mutant("duplicates, reboots, new boots")
def leaves_devices_out_of_the_checkpoint() -> None:
    """The checkpoint stands at its position, and what devices said is older."""

    def wrap(usual: Any) -> object:
        def save(self: Any, state: Any, bins: Any, _: Any, **other: Any) -> object:
            return usual(self, state, bins, (), **other)

        return save

    put(checkpoints.Checkpoints, "save", wrap)


@mutant("poison of many kinds")
def drops_poison() -> None:
    """What cannot be taken is acknowledged and forgotten."""
    put(effects, "write_quarantine", lambda _: lambda *_: None)


@mutant("a poisoned registry")
def stops_at_a_row_that_cannot_be_read() -> None:
    """One row of the registry that nobody can read stops whoever reads the registry."""

    def put_row(known: Any, row: Any) -> None:
        registry_rows.put(known, row.kind, row.id, row.blob)

    put(registry, "_put", lambda _: put_row)


@mutant("a damaged entry is said, not guessed over")
def reads_over_damage() -> None:
    """An entry is read whatever its checksum says."""
    put(journal, "read_entry", lambda _: lambda *row: entry.decode(row[2]))


@mutant("power cut: what was not synced is gone")
def commits_without_a_sync() -> None:
    """SQLite syncs its log now and then, not at each commit."""

    def wrap(usual: Any) -> object:
        def prepare(connection: Any, record: Any) -> None:
            usual(connection, record)
            connection.cursor().execute("PRAGMA synchronous = NORMAL")

        return prepare

    put(database, "_prepare_sqlite", wrap)
