"""`jemput quarantine`: what could not be taken, why, and a way back for it."""

import json
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec
import typer

from ingest.readmission import Readmission, of_reason, read_again, readmit
from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.reasons import OTHER, REASONS
from jemput.cli.telling import local
from jemput.store.quarantine import Listed, Quarantine, Quarantined, Wanted
from jemput.store.quarantine_bound import QuarantineBound

COLUMNS: Final = 80
LISTED: Final = 20
READMITTED: Final = "*"
REFUSED_SHOWN: Final = 10
BYTES_SHOWN: Final = 1600
HEX_A_LINE: Final = 16
TEXT_A_LINE: Final = 76
ASCII: Final = range(0x20, 0x7F)

app = typer.Typer(no_args_is_help=True, help="Messages that could not be taken.")


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    reason: Annotated[str | None, typer.Option(help="Only of this reason.")] = None,
    device: Annotated[str | None, typer.Option(help="Only from this device.")] = None,
    since: Annotated[str | None, typer.Option(help="Only the newest: 7d, 12h.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Without readmitted ones.")] = False,  # noqa: FBT002 - a flag
    most: Annotated[int, typer.Option("--last", min=1, help="How many are listed.")] = LISTED,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List the newest, and how many there are of each reason."""
    from_ms = None if since is None else int((time.time() - length_s(since)) * 1000)
    wanted = Wanted(reason, device, from_ms, waiting)
    with _quarantine(database, group) as quarantine:
        listed, counts = quarantine.newest(wanted, most), quarantine.counts(wanted)
        bound = QuarantineBound(quarantine.engine, quarantine.group)
        notice = bound.notice(int(time.time() * 1000))
    if as_json:
        told = {"counts": counts, "messages": msgspec.to_builtins(listed), "notice": notice}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    for one in listed:
        sys.stdout.write(_line(one) + "\n")
    if any(one.readmitted_ms is not None for one in listed):
        sys.stdout.write(f"{READMITTED} readmitted\n")
    sys.stdout.write(_told_counts(counts) + "\n")
    if notice is not None:
        sys.stdout.write(notice + "\n")


@app.command()
def explain(
    message_id: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.")],
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Show one message: its bytes, what is wrong with it, and what to do about it."""
    with _quarantine(database, group) as quarantine:
        message = quarantine.get(message_id)
    sys.stdout.write("\n".join(_explained(message)) + "\n")


@app.command("readmit")
def readmit_(
    message_ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="As `list` shows them.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Every one of this reason.")] = None,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Decode messages once more, and hand the readings of those that can be read to the ingester.

    It takes them with its next entry, or when it is next started; each reading counts once.
    Exit status 1 where a message still cannot be read.
    """
    if bool(message_ids) == bool(reason):
        raise typer.BadParameter("say which: IDs as `list` shows them, or --reason and a reason")
    with _quarantine(database, group) as quarantine:
        messages = _asked(quarantine, message_ids, reason)
        result = readmit(quarantine, messages, int(time.time() * 1000))
    if as_json:
        sys.stdout.write(json.dumps(_summary(result)) + "\n")
    else:
        sys.stdout.write("\n".join(_told_result(result)) + "\n")
    raise typer.Exit(1 if result.refused else 0)


@contextmanager
def _quarantine(database: str | None, group: str | None) -> Iterator[Quarantine]:
    quarantine = Quarantine(*open_existing(database, group))
    try:
        yield quarantine
    finally:
        quarantine.engine.dispose()


def _asked(
    quarantine: Quarantine, message_ids: list[int] | None, reason: str | None
) -> Iterable[Quarantined]:
    if reason is not None:
        return of_reason(quarantine, reason)
    return [quarantine.get(one) for one in message_ids or ()]


def _line(one: Listed) -> str:
    mark = " " if one.readmitted_ms is None else READMITTED
    when = local(one.at_ms / 1000)
    return (
        f"{one.id:5}{mark} {when} {one.reason:15} {one.size_bytes:5}B {one.device or '-'}".rstrip()
    )


def _told_counts(counts: dict[str, int]) -> str:
    if not counts:
        return "nothing in the quarantine"
    told = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    return "\n".join(textwrap.wrap(f"{sum(counts.values())} in all: {told}", COLUMNS))


def _explained(message: Quarantined) -> Iterator[str]:
    reason = REASONS.get(message.reason, OTHER)
    when = local(message.at_ms / 1000, seconds=True)
    yield f"message {message.id} · {message.reason} · {when} WIB · entry {message.position}"
    yield from _paragraph("from", message.device or "nobody that could be told")
    yield from _paragraph("topic", message.topic or "-")
    yield from _paragraph("detail", message.detail)
    yield from _paragraph("wrong", reason.wrong)
    yield from _paragraph("to do", reason.remedy)
    yield from _paragraph("now", _told_now(message))
    yield f"  {len(message.payload)} bytes:"
    yield from _told_payload(message.payload)


def _told_now(message: Quarantined) -> str:
    if message.readmitted_ms is not None:
        when = local(message.readmitted_ms / 1000)
        return f"it was readmitted on {when} WIB; `jemput journal show` shows what became of it"
    read = read_again(message)
    if isinstance(read, str):
        return f"it still cannot be read: {read}"
    count = len(read.readings)
    return f"its {count} readings can be read: `jemput quarantine readmit {message.id}` takes them"


def _paragraph(name: str, text: str) -> list[str]:
    printable = "".join(one if one.isprintable() else "?" for one in text)
    return textwrap.wrap(
        f"{name:8}{printable}", COLUMNS, initial_indent="  ", subsequent_indent=" " * 10
    )


def _told_payload(payload: bytes) -> Iterator[str]:
    """As text where it is text, else as bytes; the first of it where it is long."""
    text = _text(payload)
    if text:
        shown = text[:BYTES_SHOWN]
        yield from (
            f"    {shown[at : at + TEXT_A_LINE]}" for at in range(0, len(shown), TEXT_A_LINE)
        )
    else:
        yield from _hex(payload[: BYTES_SHOWN // 4])
    if len(payload) > BYTES_SHOWN or (not text and len(payload) > BYTES_SHOWN // 4):
        yield "    …"


def _text(payload: bytes) -> str:
    """On one line; nothing where it is no text, or would do something to the terminal."""
    try:
        text = " ".join(payload.decode("utf-8").split())
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _hex(payload: bytes) -> Iterator[str]:
    for at in range(0, len(payload), HEX_A_LINE):
        row = payload[at : at + HEX_A_LINE]
        text = "".join(chr(one) if one in ASCII else "." for one in row)
        yield f"    {at:04x}  {row.hex(' '):47}  {text}"


def _told_result(result: Readmission) -> Iterator[str]:
    yield f"{result.handed} messages handed to the ingester, with {result.readings} readings"
    if result.handed:
        yield "  it takes those that were not counted before, with its next entry or start"
    if result.before:
        yield f"{result.before} were readmitted before: nothing changes"
    for message_id, why in result.refused[:REFUSED_SHOWN]:
        yield from textwrap.wrap(f"{message_id} still cannot be read: {why}", COLUMNS)
    if len(result.refused) > REFUSED_SHOWN:
        yield f"and {len(result.refused) - REFUSED_SHOWN} more still cannot be read"


def _summary(result: Readmission) -> dict[str, object]:
    return {
        "handed": result.handed,
        "readings": result.readings,
        "readmitted_before": result.before,
        "refused": [{"id": one, "why": why} for one, why in result.refused],
    }
