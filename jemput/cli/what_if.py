"""`jemput what-if`: which calls would have differed under other numbers."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.telling import local
from jemput.entry import FOLD_VERSION
from jemput.fold.fold import Fold
from jemput.policy import Override
from jemput.registry import Registry
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal
from jemput.what_if import Call, Kind, OtherWorld, Scope, Stretch

MOST_SHOWN: Final = 20
HOUR_MS: Final = 3_600_000


def what_if(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    threshold: Annotated[int | None, typer.Option(help="Call at this level, in per cent.")] = None,
    rearm: Annotated[int | None, typer.Option(help="A bin below it may be called again.")] = None,
    numbers: Annotated[
        list[str] | None, typer.Option("--set", help="Any number of the policy: name=value.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 7d, 12h.")] = "7d",
    site: Annotated[str | None, typer.Option(help="Only for bins of this site.")] = None,
    waste: Annotated[str | None, typer.Option(help="Only for this kind of waste.")] = None,
    bin_id: Annotated[str | None, typer.Option("--bin", help="Only for this bin.")] = None,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Fold the journal under another policy, and say which calls would have differed."""
    other = _numbers(threshold, rearm, numbers or [])
    engine, name = open_existing(database, group)
    journal, checkpoints = Journal(engine, name), Checkpoints(engine, name)
    world = _folded(journal, checkpoints, length_s(since), other, Scope(site, waste, bin_id))
    stretches = world.stretches()
    if as_json:
        sys.stdout.write(json.dumps(_summary(stretches)) + "\n")
        return
    _print(stretches, world.registry)


def _numbers(threshold: int | None, rearm: int | None, more: Iterable[str]) -> Override:
    numbers: Override = {}
    for given in more:
        name, _, value = given.partition("=")
        if not value.isdecimal():
            raise typer.BadParameter(f"{given!r} is no number: write it as call_percent=70")
        numbers[name] = int(value)
    if threshold is not None:
        numbers["call_percent"] = threshold
    if rearm is not None:
        numbers["rearm_percent"] = rearm
    if not numbers:
        raise typer.BadParameter("nothing is asked: give --threshold, --rearm or --set name=value")
    return numbers


def _folded(
    journal: Journal, checkpoints: Checkpoints, since_s: float, numbers: Override, scope: Scope
) -> OtherWorld:
    """Replay up to where it begins, and decide anew from there. Says how far it is."""
    head = journal.head()
    if not head:
        raise ValueError("the journal is empty: there is nothing to fold again")
    begin, newest_ms = _begin(journal, checkpoints, head, since_s)
    fold = Fold(checkpoints.start(upto=begin - 1))
    is_older = False
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("folding", total=head - fold.state.position)
        for entry in journal.entries(after=fold.state.position, upto=begin - 1):
            fold.replay(entry)
            progress.advance(task)
        world = OtherWorld(fold.state, numbers, scope)
        for entry in journal.entries(after=begin - 1, upto=head):
            is_older = is_older or entry.fold_version != FOLD_VERSION
            world.take(entry)
            progress.advance(task)
    if is_older:
        sys.stderr.write("some entries are of another version of the rules, which may differ too\n")
    sys.stderr.write(f"entries {begin} to {head}, up to {local(newest_ms / 1000)} WIB\n")
    return world


def _begin(
    journal: Journal, checkpoints: Checkpoints, head: int, since_s: float
) -> tuple[int, int]:
    """Where the asked time begins, or the journal where that is later; and when it ends."""
    newest_ms = next(journal.entries(after=head - 1)).intake.now_ms
    asked = journal.position_at(newest_ms - int(since_s * 1000))
    first = journal.first()
    reachable = first if first == 1 else min(at for at, _ in checkpoints.snapshots()) + 1
    return max(asked, reachable), newest_ms


def _summary(stretches: list[Stretch]) -> dict[str, object]:
    kinds = Counter(one.kind for one in stretches)
    return {
        "calls_were": sum(len(one.was) for one in stretches),
        "calls_would_be": sum(len(one.would) for one in stretches),
        **{kind.value: kinds[kind] for kind in Kind},
        "stretches": [
            {"bin": one.bin, "kind": one.kind, "was": _calls(one.was), "would": _calls(one.would)}
            for one in stretches
        ],
    }


def _calls(calls: Iterable[Call]) -> list[dict[str, object]]:
    return [{"at_ms": one.at_ms, "reason": one.reason} for one in calls]


def _print(stretches: list[Stretch], registry: Registry) -> None:
    console = Console(width=80)
    console.print(_by_waste(stretches, registry))
    differing = [one for one in stretches if one.kind is not Kind.SAME]
    if not differing:
        console.print("No first call differs.")
        return
    table = Table(box=None)
    for column in ("bin", "called", "would be called", ""):
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    for one in differing[:MOST_SHOWN]:
        table.add_row(one.bin, _when(one.was), _when(one.would), _told(one))
    console.print(table)
    if len(differing) > MOST_SHOWN:
        console.print(f"… and {len(differing) - MOST_SHOWN} more: --json lists them all")


def _by_waste(stretches: list[Stretch], registry: Registry) -> Table:
    table = Table(box=None)
    table.add_column("waste")
    for column in ("calls", "would be", *(kind.value for kind in Kind)):
        table.add_column(column, justify="right")
    by_waste: dict[str, list[Stretch]] = defaultdict(list)
    for one in stretches:
        by_waste[registry.bins[one.bin].waste].append(one)
    for waste, some in sorted(by_waste.items()):
        kinds = Counter(one.kind for one in some)
        calls = (sum(len(one.was) for one in some), sum(len(one.would) for one in some))
        table.add_row(waste, *map(str, calls), *(str(kinds[kind]) for kind in Kind))
    return table


def _when(calls: tuple[Call, ...]) -> str:
    if not calls:
        return "-"
    more = f" +{len(calls) - 1}" if len(calls) > 1 else ""
    return f"{local(calls[0].at_ms / 1000)}{more}"


def _told(one: Stretch) -> str:
    if not one.was or not one.would:
        return one.kind.value
    apart_ms = abs(one.would[0].at_ms - one.was[0].at_ms)
    return f"{apart_ms / HOUR_MS:.1f} h {one.kind}"
