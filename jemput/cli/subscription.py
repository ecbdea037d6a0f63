"""`jemput subscription`: other systems that are told of events, and the secrets that sign."""

import sys
from typing import Annotated, Final

import typer

from jemput.cli.console import print_rows, who
from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.telling import local
from jemput.store.clock import wall_ms
from jemput.store.deliveries import Deliveries
from jemput.store.subscriptions import Subscription, Subscriptions, UnknownSubscriptionError

LONGEST_OVERLAP_S: Final = 30 * 86_400
app = typer.Typer(no_args_is_help=True, help="Other systems that are told of events.")


@app.command("list")
def list_subscriptions(
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """List every subscription, where it goes, and what waits."""
    engine, name = open_existing(database, group)
    letters = Deliveries(engine, name)
    listed = Subscriptions(engine, name).list()
    print_rows(listed, (_told(one, letters) for one in listed), as_json=as_json)


@app.command("rotate")
def rotate(
    subscription: Annotated[str, typer.Argument(help="Its id: `jemput subscription list`.")],
    overlap: Annotated[
        str, typer.Option(help="So long the old secret signs too, such as 1d; 0s ends it now.")
    ] = "1d",
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Give it another secret, shown this once; letters are signed by both for a while."""
    overlap_s = length_s(overlap)
    if overlap_s > LONGEST_OVERLAP_S:
        raise typer.BadParameter("an old secret signs for 30d at most")
    now_ms = wall_ms()
    until_ms = now_ms + int(overlap_s * 1000)
    kept = Subscriptions(*open_existing(database, group))
    try:
        secret = kept.rotate(subscription, who(), now_ms, until_ms)
    except UnknownSubscriptionError:
        message = f"there is no subscription {subscription}: see `jemput subscription list`"
        raise ValueError(message) from None
    sys.stdout.write(f"secret of {subscription} (shown this once): {secret}\n")
    sys.stdout.write(f"the old one signs until {local(until_ms / 1000)}\n")


def _told(one: Subscription, letters: Deliveries) -> str:
    wanted = one.wanted
    events = ", ".join(wanted.events) or "every event"
    sites = ", ".join(wanted.sites) or "every site"
    standing = letters.standing(one.id)
    waiting = f"  {standing.waiting} waiting: {standing.error}" if standing.error else ""
    return f"{one.id}  {wanted.url}  {events} of {sites}{waiting}"
