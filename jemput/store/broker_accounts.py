"""Who may speak to the MQTT broker: made, given new passwords, revoked; never deleted.

The database holds hashes only, for either kind of broker. Whoever runs one looks at `mark`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from jemput.hashes import Hashes
from jemput.ids import check_id
from jemput.store import audit
from jemput.store.database import writing
from jemput.store.schema import broker_account

ANY_SITE: Final = "+"
Kind = Literal["device", "collector", "claim"]
Mark = tuple[int, int]


class BrokerAccountError(ValueError):
    """What was asked of an account cannot be done; the message says what to do."""


class Known(Struct, frozen=True):
    """An account without its hashes."""

    kind: Kind
    name: str
    group: str
    site: str
    created_ms: int
    rotated_ms: int | None
    revoked_ms: int | None


class BrokerAccountStore:
    """The accounts of every group: one broker serves them all."""

    def __init__(self, engine: Engine) -> None:
        """Take the database; touch nothing."""
        self.engine = engine

    def provision(  # noqa: PLR0913 - what an account is made of
        self,
        group: str,
        hashes: Mapping[str, Hashes],
        *,
        by: str,
        now_ms: int,
        kind: Kind = "device",
        site: str = ANY_SITE,
    ) -> None:
        """Make an account by name for each of `hashes`, or none of them.

        A revoked one lives again, with the new password. Raises `BrokerAccountError` for a name
        that has an account.
        """
        if site != ANY_SITE:
            check_id("site", site)
        with writing(self.engine) as connection:
            for name, hashed in hashes.items():
                check_id(kind, name)
                before = find(connection, kind, name)
                if before is not None and (before.revoked_ms is None or before.group != group):
                    raise BrokerAccountError(_taken(before, group))
                after = Known(kind, name, group, site, now_ms, None, None)
                put(connection, after, hashed)
                change = audit.Change("provisioned", kind, name, before, after)
                audit.note(connection, by, now_ms, change)

    def rotate(
        self, name: str, hashes: Hashes, *, by: str, now_ms: int, kind: Kind = "device"
    ) -> None:
        """Give an account another password; the old one ends. Raises `BrokerAccountError`."""
        with writing(self.engine) as connection:
            before = _live(connection, kind, name)
            after = _with(before, rotated_ms=now_ms)
            put(connection, after, hashes)
            audit.note(connection, by, now_ms, audit.Change("rotated", kind, name, before, after))

    def revoke(self, name: str, *, by: str, now_ms: int, kind: Kind = "device") -> None:
        """End an account; a broker cuts it off within seconds. Raises `BrokerAccountError`."""
        with writing(self.engine) as connection:
            before = _live(connection, kind, name)
            after = _with(before, revoked_ms=now_ms)
            mine = (broker_account.c.kind == kind) & (broker_account.c.name == name)
            values = {"revoked_ms": now_ms, "serial": next_serial(connection)}
            connection.execute(update(broker_account).where(mine).values(values))
            audit.note(connection, by, now_ms, audit.Change("revoked", kind, name, before, after))

    def get(self, name: str, kind: Kind = "device") -> Known | None:
        """The account of that name, revoked or not."""
        with self.engine.connect() as connection:
            return find(connection, kind, name)

    def list(self, group: str | None = None, kind: Kind = "device") -> Sequence[Known]:
        """Accounts by name, revoked ones too."""
        query = select(broker_account).where(broker_account.c.kind == kind)
        if group is not None:
            query = query.where(broker_account.c.group_id == group)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(broker_account.c.name))
            return [_known(row) for row in rows]

    def live(self) -> Sequence[tuple[Known, Hashes]]:
        """Everybody whom a broker shall let in."""
        query = select(broker_account).where(broker_account.c.revoked_ms.is_(None))
        order = (broker_account.c.kind, broker_account.c.name)
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(*order))
            return [(_known(row), Hashes(row.nats_hash, row.mosquitto_hash)) for row in rows]

    def mark(self) -> Mark:
        """Another one after every change: a changed row's serial grows, whoever else writes."""
        query = select(func.count(), func.sum(broker_account.c.serial)).select_from(broker_account)
        with self.engine.connect() as connection:
            count, total = connection.execute(query).one()
        return int(count), int(total or 0)


def find(connection: Connection, kind: Kind, name: str) -> Known | None:
    """The account of that name, revoked or not."""
    query = select(broker_account).where(
        broker_account.c.kind == kind, broker_account.c.name == name
    )
    row = connection.execute(query).first()
    return None if row is None else _known(row)


def _live(connection: Connection, kind: Kind, name: str) -> Known:
    found = find(connection, kind, name)
    if found is None:
        raise BrokerAccountError(
            f"no {kind} {name} has an account: `jemput {kind} list` shows those there are, "
            f"`jemput {kind} provision` makes one"
        )
    if found.revoked_ms is not None:
        raise BrokerAccountError(f"{kind} {name} is revoked: provision it again")
    return found


def put(connection: Connection, account: Known, hashes: Hashes) -> None:
    """Write an account, new or changed."""
    mine = (broker_account.c.kind == account.kind) & (broker_account.c.name == account.name)
    values = {
        "group_id": account.group,
        "site": account.site,
        "nats_hash": hashes.nats,
        "mosquitto_hash": hashes.mosquitto,
        "serial": next_serial(connection),
        "created_ms": account.created_ms,
        "rotated_ms": account.rotated_ms,
        "revoked_ms": account.revoked_ms,
    }
    if not connection.execute(update(broker_account).where(mine).values(values)).rowcount:
        row = {"kind": account.kind, "name": account.name, **values}
        connection.execute(insert(broker_account).values(row))


def next_serial(connection: Connection) -> int:
    """Higher than every one before."""
    last = connection.execute(select(func.max(broker_account.c.serial))).scalar()
    return (last or 0) + 1


def _with(account: Known, **changed: int) -> Known:
    values = {name: getattr(account, name) for name in Known.__struct_fields__}
    return Known(**values | changed)


def _known(row: Row[Any]) -> Known:
    return Known(
        row.kind, row.name, row.group_id, row.site, row.created_ms, row.rotated_ms, row.revoked_ms
    )


def _taken(account: Known, group: str) -> str:
    if account.group != group:
        return f"{account.kind} {account.name} is of group {account.group}: choose another name"
    return (
        f"{account.kind} {account.name} has an account: rotate gives it another password, "
        "revoke ends it"
    )
