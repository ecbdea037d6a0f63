"""Subscriptions: which other systems are told of which events."""

from collections.abc import Sequence
from secrets import token_bytes, token_hex
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, select, update

from jemput import events, webhooks
from jemput.events import Event
from jemput.store import audit
from jemput.store.database import writing
from jemput.store.events import heads
from jemput.store.pickups import lock_group
from jemput.store.schema import delivery, subscription

SECRET_BYTES: Final = 32
MOST: Final = 100


class UnknownSubscriptionError(KeyError):
    """There is no subscription of that id."""


class TooManyError(ValueError):
    """There are as many subscriptions as there may be."""


class Wanted(Struct, frozen=True):
    """What somebody subscribes to. No events or no sites mean all of them."""

    url: str
    label: str = ""
    events: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()


class Subscription(Struct, frozen=True):
    """A subscription without its secret."""

    id: str
    wanted: Wanted
    created_ms: int
    created_by: str

    def wants(self, event: Event) -> bool:
        """Whether they are told of it."""
        mine = self.wanted
        is_of_type = not mine.events or event.type in mine.events
        return is_of_type and (not mine.sites or event.site in mine.sites)


class Subscriptions:
    """The subscriptions of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def create(self, wanted: Wanted, by: str, now_ms: int) -> tuple[Subscription, str]:
        """A new one, told of what happens from now on, and its secret. Raises `TooManyError`."""
        made = Subscription(f"sub-{token_hex(8)}", wanted, now_ms, by)
        secret = webhooks.secret_of(token_bytes(SECRET_BYTES))
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            if len(connection.execute(select(subscription.c.id).where(self._live())).all()) >= MOST:
                raise TooManyError(f"there are {MOST} subscriptions: retire one first")
            connection.execute(
                insert(subscription).values(
                    id=made.id,
                    group_id=self.group,
                    url=wanted.url,
                    label=wanted.label,
                    events=msgspec.json.encode(wanted.events).decode(),
                    sites=msgspec.json.encode(wanted.sites).decode(),
                    secret=secret,
                    created_ms=now_ms,
                    created_by=by,
                    **msgspec.structs.asdict(heads(connection)),
                )
            )
            audit.note(connection, by, now_ms, _change("made", made.id, None, wanted))
        return made, secret

    def list(self) -> Sequence[Subscription]:
        """Every one that is not retired, oldest first."""
        query = select(subscription).where(self._live())
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(subscription.c.created_ms, subscription.c.id))
            return [read(row) for row in rows]

    def get(self, subscription_id: str) -> Subscription:
        """One of them. Raises `UnknownSubscriptionError`."""
        with self.engine.connect() as connection:
            return self._known(connection, subscription_id)

    def rotate(self, subscription_id: str, by: str, now_ms: int, until_ms: int) -> str:
        """Another secret, which is returned; the old ones sign beside it until then at most.

        Raises `UnknownSubscriptionError`.
        """
        secret = webhooks.secret_of(token_bytes(SECRET_BYTES))
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            found = self._known(connection, subscription_id)
            mine = subscription.c.id == subscription_id
            kept = connection.execute(select(subscription.c.secret).where(mine)).scalar_one()
            after = webhooks.rotated(kept, secret, now_ms=now_ms, until_ms=until_ms)
            connection.execute(update(subscription).where(mine).values(secret=after))
            change = _change("rotated", subscription_id, found.wanted, found.wanted)
            audit.note(connection, by, now_ms, change)
        return secret

    def retire(self, subscription_id: str, by: str, now_ms: int) -> None:
        """Tell it nothing more; its secret goes, what it was sent stays to be read for a while.

        Raises `UnknownSubscriptionError`.
        """
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            found = self._known(connection, subscription_id)
            mine = subscription.c.id == subscription_id
            connection.execute(
                update(subscription).where(mine).values(retired_ms=now_ms, secret="")
            )
            waiting = (delivery.c.subscription == subscription_id) & (delivery.c.state == "waiting")
            values = {
                "state": "given_up",
                "done_ms": now_ms,
                "error": "the subscription was retired",
            }
            connection.execute(update(delivery).where(waiting).values(**values))
            change = _change("retired", subscription_id, found.wanted, None)
            audit.note(connection, by, now_ms, change)

    def test(self, subscription_id: str, by: str, now_ms: int) -> int:
        """Write a letter that says nothing but that it arrives; its id.

        Raises `UnknownSubscriptionError`.
        """
        with writing(self.engine) as connection:
            lock_group(connection, self.group)
            self._known(connection, subscription_id)
            data = {"subscription": subscription_id, "asked_by": by}
            name = f"ping/{token_hex(8)}"
            ping = Event(name, events.PING, subscription_id, "", now_ms, data)
            row = letter(subscription_id, ping, self.group, now_ms)
            made = connection.execute(insert(delivery).values(**row)).inserted_primary_key
        return int(made[0]) if made else 0

    def _live(self) -> ColumnElement[bool]:
        return (subscription.c.group_id == self.group) & subscription.c.retired_ms.is_(None)

    def _known(self, connection: Connection, subscription_id: str) -> Subscription:
        query = select(subscription).where(self._live(), subscription.c.id == subscription_id)
        row = connection.execute(query).first()
        if row is None:
            raise UnknownSubscriptionError(subscription_id)
        return read(row)


def letter(subscription_id: str, event: Event, group: str, now_ms: int) -> dict[str, Any]:
    """An event as a row that waits to be delivered: the same bytes at every attempt."""
    return {
        "subscription": subscription_id,
        "event": event.id,
        "type": event.type,
        "body": events.encode(event, group),
        "made_ms": now_ms,
        "due_ms": now_ms,
        "attempts": 0,
        "state": "waiting",
    }


def read(row: Row[Any]) -> Subscription:
    """A subscription from its row."""
    wanted = Wanted(
        row.url,
        row.label,
        msgspec.json.decode(row.events, type=tuple[str, ...]),
        msgspec.json.decode(row.sites, type=tuple[str, ...]),
    )
    return Subscription(row.id, wanted, row.created_ms, row.created_by)


def _change(what: str, thing: str, before: Wanted | None, after: Wanted | None) -> audit.Change:
    return audit.Change(what, "subscription", thing, before, after)
