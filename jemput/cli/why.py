"""`jemput why PICKUP`: what called the truck, recomputed from the journal."""

import sys
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy import Engine

from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.plain import plain
from jemput.cli.showing import COLUMNS
from jemput.cli.telling import local
from jemput.decisions import OpenPickup
from jemput.entry import FOLD_VERSION, Entry
from jemput.fold.fold import Fold
from jemput.pickup import Evidence, Pickup, Why
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import DamagedJournalError, Journal
from jemput.store.outbox import Outbox, Told
from jemput.store.pickups import Pickups, UnknownPickupError

BAR: Final = 20
NEWEST: Final = 5
RULES: Final = {
    "fullness": (
        "the filtered level, {level_percent} %, was at or over the calling level, "
        "{call_percent} %: the median of the last {median_of} readings"
    ),
    "age": "it was not emptied for {age_h} h, and the limit is {max_age_h} h",
    "by_hand": "a person asked, not a sensor",
}


class Again(StrEnum):
    """What comes of deciding again."""

    SAME = "the journal, folded again, opens the same pickup"
    OTHER = "the journal, folded again, does NOT open this pickup: run `jemput journal verify`"
    OLDER = "it was decided by another version of the rules; today's would not open it"
    PRUNED = "the entries before it were pruned: what stands here was kept with the pickup"
    DAMAGED = "the journal before it is damaged: run `jemput journal verify`"
    BY_HAND = "it was opened by a person: there is nothing to decide again"


def why(
    pickup_id: Annotated[str, typer.Argument(metavar="PICKUP", help="A pickup's id.")],
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Say which rule called the truck, its numbers, what it saw, and who was told."""
    engine, name = open_existing(database, group)
    pickups = Pickups(engine, name)
    pickup = _known(pickups, pickup_id)
    position = pickups.position(pickup_id)
    again = decide_again(engine, name, pickup, position)
    told = Outbox(engine, name).told_of(pickup_id)
    if as_json:
        moves = plain(pickups.moves(pickup_id))
        said = {"pickup": plain(pickup), "moves": moves, "told": plain(told)}
        said |= {"entry": position, "again": again.name.lower()}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        return
    for line in (
        *_heading(pickup, position),
        *_moves(pickups, pickup_id),
        *_told(told),
        again.value,
    ):
        sys.stdout.write(line + "\n")


def decide_again(engine: Engine, group: str, pickup: Pickup, position: int | None) -> Again:
    """Fold up to the entry before, and decide the entry itself once more."""
    if position is None:
        return Again.BY_HAND
    journal = Journal(engine, group)
    if position < journal.first():
        return Again.PRUNED
    try:
        fold = Fold(Checkpoints(engine, group).start(upto=position - 1))
    except DamagedJournalError:
        return Again.PRUNED
    try:
        stored = _replayed(fold, journal, position)
    except DamagedJournalError:
        return Again.DAMAGED
    decided = fold.fold(stored.intake, stored.epoch).decisions
    found = [one.pickup for one in decided if isinstance(one, OpenPickup)]
    if any(one.id == pickup.id and one.why == pickup.why for one in found):
        return Again.SAME
    return Again.OTHER if stored.fold_version == FOLD_VERSION else Again.OLDER


def _replayed(fold: Fold, journal: Journal, position: int) -> Entry:
    """Fold up to the entry before; return the entry itself. Says how far it is."""
    after = fold.state.position
    between = journal.entries(after, upto=position - 1)
    said = Console(stderr=True)
    for entry in track(between, "folding", position - 1 - after, console=said, transient=True):
        fold.replay(entry)
    return next(journal.entries(after=position - 1, upto=position))


def _known(pickups: Pickups, pickup_id: str) -> Pickup:
    try:
        return pickups.get(pickup_id)
    except UnknownPickupError:
        newest = ", ".join(one.id for one in pickups.list(most=NEWEST)) or "none yet"
        message = f"there is no pickup {pickup_id!r}; the newest are: {newest}"
        raise typer.BadParameter(message) from None


def _heading(pickup: Pickup, position: int | None) -> Iterator[str]:
    entry = "" if position is None else f", entry {position}"
    whose = pickup.collector or "nobody"
    yield f"{pickup.id} · bin {pickup.bin} · {pickup.state} · for {whose}"
    yield f"opened {local(pickup.opened_ms / 1000)} WIB{entry}: {pickup.reason}"
    if pickup.flag:
        yield f"wants a person: {pickup.flag.replace('_', ' ')}"
    yield from textwrap.wrap(f"because {_rule(pickup.why)}", COLUMNS, subsequent_indent="  ")
    yield from map(_seen, pickup.why.evidence)


def _rule(why: Why) -> str:
    sentence = RULES.get(why.rule)
    if sentence is None:
        numbers = ", ".join(f"{name} {number}" for name, number in why.numbers.items())
        return f"of the rule {why.rule}: {numbers}"
    return sentence.format_map(why.numbers)


def _seen(one: Evidence) -> str:
    fill = one.fill_percent or 0
    bar = "█" * (fill * BAR // 100)
    level = "   ?" if one.fill_percent is None else f"{fill:3} %"
    identity = f"{one.identity.device} {one.identity.boot}/{one.identity.seq}"
    return f"  {local(one.at_s)}  {level} {bar:<{BAR}} {identity}"


def _moves(pickups: Pickups, pickup_id: str) -> Iterator[str]:
    yield "what became of it:"
    for move in pickups.moves(pickup_id):
        note = f" · {move.note}" if move.note else ""
        yield f"  {local(move.at_ms / 1000)}  {move.state} by {move.by}{note}"


def _told(told: list[Told]) -> Iterator[str]:
    yield "who was told:" if told else "nobody was told yet"
    for one in told:
        when = local((one.sent_ms or one.due_ms) / 1000)
        trouble = f" · {one.error}" if one.error and one.sent_ms is None else ""
        kind = one.kind.replace("_", " ")
        yield f"  {when}  {one.recipient} by {one.channel}: {kind} ({one.state}){trouble}"
