"""`jemput journal`: show, verify, export, prune; and the state that stands beside it."""

import gzip
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, Final, cast

import msgspec
import typer

from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.plain import plain_entry
from jemput.cli.showing import concerning, lines, newest, span
from jemput.cli.telling import Only
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.pruning import Plan, Pruning
from jemput.store.snapshots import is_known, retold
from jemput.store.verifying import DifferenceError, Report, Verification

LAST: Final = 20
PROGRESS_S: Final = 2.0
STEP_S: Final = 0.5

From = Annotated[
    str | None, typer.Option("--from", help="An entry's number, or a local time (WIB).")
]
To = Annotated[
    str | None, typer.Option("--to", help="Up to this entry, or to before this time (WIB).")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

app = typer.Typer(no_args_is_help=True, help="The journal of a group, and its snapshots.")


@app.command()
def show(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    begin: From = None,
    end: To = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest.")] = None,
    bin_id: Annotated[str | None, typer.Option("--bin", help="What concerns a bin.")] = None,
    device: Annotated[str | None, typer.Option(help="What concerns a device.")] = None,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Show entries as people read them; without --from or --to the newest 20."""
    with _journal(database, group) as journal:
        only = Only(bin_id, device)
        first, upto = span(journal, begin, end)
        most = last or (None if begin or end else LAST)
        entries = concerning(journal, first, upto, only)
        for entry in entries if most is None else newest(journal, first, upto, most, only):
            if as_json:
                sys.stdout.write(json.dumps(plain_entry(entry), ensure_ascii=False) + "\n")
            else:
                sys.stdout.write("\n".join(lines(entry, only)) + "\n")


@app.command()
def verify(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Fold the journal again and compare: entries, snapshots, checkpoint. An ingester may run.

    Exit status 1 at the first difference, which is named.
    """
    with _journal(database, group) as journal:
        verification = Verification(journal)
        wrong = _difference(verification)
    report = verification.report
    if as_json:
        sys.stdout.write(json.dumps(msgspec.to_builtins(report) | {"difference": wrong}) + "\n")
    else:
        sys.stdout.write("\n".join(_told_report(report, wrong)) + "\n")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(help="Ends in .gz to be compressed; else it is printed.")
    ] = None,
    begin: From = None,
    end: To = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Write entries as JSON lines (docs/journal.md), one a line; secrets are left out."""
    count = 0
    out_file = nullcontext(sys.stdout.buffer) if file is None else _opened(file)
    with _journal(database, group) as journal, out_file as out:
        first, last = span(journal, begin, end)
        for entry in concerning(journal, first, last, Only()):
            out.write(msgspec.json.encode(plain_entry(entry)) + b"\n")
            count += 1
    sys.stderr.write(f"{count} entries" + (f" in {file}\n" if file else "\n"))


@app.command()
def prune(
    keep: Annotated[str, typer.Option(help="What stays, at least: 90d, 12h.")],
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore-sink", help="A sink that is off for good and waits for nothing."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,  # noqa: FBT002 - a flag
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Delete old entries: up to a snapshot, and behind every sink. An ingester may run."""
    with _journal(database, group) as journal:
        pruning = Pruning(journal)
        plan = pruning.plan(length_s(keep), ignore or ())
        sys.stdout.write("\n".join(_told_plan(plan, dry_run=dry_run)) + "\n")
        if not dry_run:
            deque(pruning.run(plan), maxlen=0)


@app.command()
def snapshot(database: Database = None, group: GroupName = None) -> None:
    """Keep a copy of the state at the head, made by folding the journal. An ingester may run."""
    with _journal(database, group) as journal:
        checkpoints = Checkpoints(journal.engine, journal.group)
        fold = deque(retold(journal, checkpoints, STEP_S), maxlen=1).pop()
        position = fold.state.position
        if is_known(checkpoints, position) or not position:
            sys.stdout.write(f"there is nothing newer than the snapshot at entry {position}\n")
            return
        checkpoints.save_snapshot(fold.state)
        sys.stdout.write(f"snapshot at entry {position}\n")


@app.command("forget-checkpoint")
def forget_checkpoint(
    database: Database = None,
    group: GroupName = None,
    yes: Yes = False,  # noqa: FBT002 - a flag
) -> None:
    """Delete the written-behind state: the next start makes it anew from the journal.

    An ingester that runs is not disturbed: it writes the whole state again within seconds,
    from its memory. To have it made from the journal, stop the ingester first.
    """
    with _journal(database, group) as journal:
        checkpoints = Checkpoints(journal.engine, journal.group)
        start = checkpoints.start()
        entries = journal.head() - start.position
        sys.stdout.write(
            f"the next start will begin at entry {start.position} and fold {entries} entries;\n"
            "an ingester that runs now writes its checkpoint again by itself: stop it first\n"
        )
        if not yes and not typer.confirm("Forget the checkpoint?"):
            raise typer.Exit(1)
        checkpoints.forget()
        sys.stdout.write("forgotten\n")


@contextmanager
def _journal(database: str | None, group: str | None) -> Iterator[Journal]:
    journal = Journal(*open_existing(database, group))
    try:
        if not journal.epoch():
            raise typer.BadParameter(
                f"no ingester ever wrote for group {journal.group!r}: name another with --group"
            )
        yield journal
    finally:
        journal.engine.dispose()


def _difference(verification: Verification) -> str | None:
    """Verify all of it, saying how far it is; what is wrong, or nothing."""
    told_s = time.monotonic()
    try:
        for report in verification.run():
            if time.monotonic() - told_s >= PROGRESS_S:
                told_s = time.monotonic()
                sys.stderr.write(f"entry {report.position} of {report.head}\n")
    except (DifferenceError, DamagedJournalError) as error:
        return str(error)
    return None


def _opened(file: Path) -> BinaryIO:
    try:
        if file.suffix == ".gz":
            return cast("BinaryIO", gzip.open(file, "wb"))
        return file.open("wb")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from error


def _told_report(report: Report, wrong: str | None) -> list[str]:
    told = [f"entries {report.first} to {report.position} of {report.head}"]
    told.append(f"  {report.folded} folded again, with the same outcome")
    if report.checked:
        told.append(f"  {report.checked} of another fold or before any snapshot: checksums only")
    told.append(f"  {report.snapshots} snapshots are the state of their entry")
    if report.checkpoint is not None:
        told.append(f"  the checkpoint is the state after entry {report.checkpoint}")
    told += [f"  {note}" for note in report.notes]
    told.append(f"DIFFERENT: {wrong}" if wrong else "all of it holds")
    return told


def _told_plan(plan: Plan, *, dry_run: bool) -> list[str]:
    told = ["nothing to prune"]
    if plan.entries:
        go = "would go" if dry_run else "go"
        told = [f"entries {plan.first} to {plan.cut} {go} ({plan.entries}); {plan.cut + 1} stays"]
    told += [f"  held back: {one}" for one in plan.held]
    told += [f"  sink {one} will start anew at entry {plan.cut + 1}" for one in plan.left_behind]
    return told
