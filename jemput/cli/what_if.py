"""`jemput what-if`: which calls would have differed under other numbers."""

import difflib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from statistics import median
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
from jemput.policy import BadPolicyError, Override
from jemput.registry import Registry
from jemput.store.checkpoints import Checkpoints
from jemput.store.journal import Journal
from jemput.store.registry import RegistryStore
from jemput.what_if import Call, Kind, OtherWorld, Scope, Stretch, holds_for, with_numbers

MOST_SHOWN: Final = 20
NAMES_SHOWN: Final = 8
HOUR_MS: Final = 3_600_000


def what_if(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    threshold: Annotated[
        int | None, typer.Option(max=100, help="Call at this level, in per cent.")
    ] = None,
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
    scope, since_s = Scope(site, waste, bin_id), length_s(since)
    engine, name = open_existing(database, group)
    registry = RegistryStore(engine, name).read()
    _check(registry, other, scope)
    world = _folded(Journal(engine, name), Checkpoints(engine, name), since_s, other, scope)
    stretches = world.stretches()
    if as_json:
        sys.stdout.write(json.dumps(_summary(stretches, world.registry)) + "\n")
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


def _check(registry: Registry, numbers: Override, scope: Scope) -> None:
    """Refuse what no bin of today can have, and names that nothing has."""
    wastes = sorted({one.waste for one in registry.bins.values()})
    _check_name("site", scope.site, registry.sites)
    _check_name("waste", scope.waste, wastes)
    _check_name("bin", scope.bin, registry.bins)
    try:
        with_numbers(registry, numbers, scope)
    except BadPolicyError as error:
        alone = "call_percent" in numbers and "rearm_percent" not in numbers
        raise ValueError(f"{error}{': give --rearm, too' if alone else ''}") from error
    if not any(holds_for(scope, registry, bin_id) for bin_id in registry.bins):
        raise typer.BadParameter("no bin is all of that: leave out --site, --waste or --bin")


def _check_name(kind: str, name: str | None, known: Iterable[str]) -> None:
    if name is None or name in (names := list(known)):
        return
    near = difflib.get_close_matches(name, names) or sorted(names)[:NAMES_SHOWN]
    raise typer.BadParameter(f"there is no {kind} {name!r}; there are: {', '.join(near) or 'none'}")


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
    starts = [at for at, _ in checkpoints.snapshots() if at >= first - 1]
    reachable = first if first == 1 else min(starts, default=first) + 1
    if asked < reachable:
        sys.stderr.write("the journal does not go back so far: what is kept is folded\n")
    return max(asked, reachable), newest_ms


def _summary(stretches: list[Stretch], registry: Registry) -> dict[str, object]:
    by_waste = _by_waste(stretches, registry)
    return {
        **_counts(stretches),
        "wastes": {waste: _counts(some) for waste, some in by_waste.items()},
        "stretches": [
            {
                "bin": one.bin,
                "waste": registry.bins[one.bin].waste,
                "kind": one.kind,
                "apart_s": None if one.apart_ms is None else one.apart_ms / 1000,
                "was": _calls(one.was),
                "would": _calls(one.would),
            }
            for one in stretches
        ],
    }


def _by_waste(stretches: list[Stretch], registry: Registry) -> dict[str, list[Stretch]]:
    by_waste: dict[str, list[Stretch]] = defaultdict(list)
    for one in stretches:
        by_waste[registry.bins[one.bin].waste].append(one)
    return dict(sorted(by_waste.items()))


def _counts(stretches: Iterable[Stretch]) -> dict[str, int]:
    """First calls, since only they can be compared."""
    kinds = Counter(one.kind for one in stretches)
    both = sum(kinds.values()) - kinds[Kind.ADDED] - kinds[Kind.DROPPED]
    were, would_be = both + kinds[Kind.DROPPED], both + kinds[Kind.ADDED]
    named = {kind.value: kinds[kind] for kind in Kind}
    return {"calls_were": were, "calls_would_be": would_be, **named}


def _calls(calls: Iterable[Call]) -> list[dict[str, object]]:
    return [{"at_ms": one.at_ms, "reason": one.reason} for one in calls]


def _print(stretches: list[Stretch], registry: Registry) -> None:
    console = Console(width=80)
    console.print(_wastes(stretches, registry))
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


def _wastes(stretches: list[Stretch], registry: Registry) -> Table:
    table = Table(box=None)
    table.add_column("waste")
    for column in ("called", "would be", *(kind.value for kind in Kind), "median"):
        table.add_column(column, justify="right")
    for waste, some in _by_waste(stretches, registry).items():
        moved = [one.apart_ms for one in some if one.apart_ms]
        apart = f"{median(moved) / HOUR_MS:+.1f} h" if moved else "-"
        table.add_row(waste, *map(str, _counts(some).values()), apart)
    return table


def _when(calls: tuple[Call, ...]) -> str:
    return local(calls[0].at_ms / 1000) if calls else "-"


def _told(one: Stretch) -> str:
    if one.apart_ms is None:
        return one.kind.value
    return f"{abs(one.apart_ms) / HOUR_MS:.1f} h {one.kind}"
