"""Claims: a secret in a device, with which it may ask for an account while an operator lets it.

An account of kind `claim` is the device's, `rotated_ms` is when it was last allowed, and
`revoked_ms` when it was last closed: None while it is open.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, select, update

from jemput.hashes import Hashes
from jemput.ids import check_id
from jemput.store import audit
from jemput.store.broker_accounts import (
    ANY_SITE,
    BrokerAccountError,
    BrokerAccountStore,
    Known,
    find,
    next_serial,
    put,
)
from jemput.store.database import writing
from jemput.store.schema import broker_account

ALLOWED_MS: Final = 7 * 86_400_000


class Claim(Struct, frozen=True):
    """A device's claim. While it is open the device may ask until `open_until_ms`."""

    device: str
    site: str
    made_ms: int
    open_until_ms: int | None


class Claims:
    """The claims of one group's devices."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def make(
        self, hashes: Mapping[str, Hashes], *, by: str, now_ms: int, site: str = ANY_SITE
    ) -> None:
        """Make a claim for each device, closed, or none of them; an older one's secret ends.

        Raises `BrokerAccountError`.
        """
        if site != ANY_SITE:
            check_id("site", site)
        with writing(self.engine) as connection:
            for device, hashed in hashes.items():
                check_id("device", device)
                before = find(connection, "claim", device)
                self._check_group(before, find(connection, "device", device))
                after = Known("claim", device, self.group, site, now_ms, None, now_ms)
                put(connection, after, hashed)
                change = audit.Change("made", "claim", device, before, after)
                audit.note(connection, by, now_ms, change)

    def allow(self, device: str, *, by: str, now_ms: int) -> Claim:
        """Let a device ask, once, for seven days. Raises `BrokerAccountError`."""
        return self._mark(device, "allowed", by, now_ms, rotated_ms=now_ms, revoked_ms=None)

    def close(self, device: str, *, by: str, now_ms: int) -> Claim:
        """Let it ask no more. Raises `BrokerAccountError`."""
        return self._mark(device, "closed", by, now_ms, revoked_ms=now_ms)

    def list(self) -> Sequence[Claim]:
        """Every claim, by device."""
        known = BrokerAccountStore(self.engine).list(self.group, "claim")
        return [_claim(one) for one in known]

    def open(self, now_ms: int) -> bool:
        """Whether some device may ask; those whose time is over are closed on the way."""
        query = select(broker_account.c.name, broker_account.c.rotated_ms).where(
            broker_account.c.kind == "claim",
            broker_account.c.group_id == self.group,
            broker_account.c.revoked_ms.is_(None),
        )
        with self.engine.connect() as connection:
            found = connection.execute(query).all()
        over = [row.name for row in found if now_ms >= row.rotated_ms + ALLOWED_MS]
        for device in over:
            self.close(device, by="ingest", now_ms=now_ms)
        return len(found) > len(over)

    def grant(self, device: str, hashes: Hashes, *, now_ms: int) -> bool:
        """Make what a device asks for its account's password, and close its claim.

        Whether it was allowed; if not, nothing changes.
        """
        with writing(self.engine) as connection:
            claim = find(connection, "claim", device)
            if claim is None or claim.group != self.group or not _is_open(claim, now_ms):
                return False
            before = find(connection, "device", device)
            after = (
                Known("device", device, self.group, claim.site, now_ms, None, None)
                if before is None
                else replace(before, rotated_ms=now_ms, revoked_ms=None)
            )
            put(connection, after, hashes)
            self._set(connection, device, revoked_ms=now_ms)
            change = audit.Change("claimed", "device", device, before, after)
            audit.note(connection, f"claim/{device}", now_ms, change)
        return True

    def _mark(self, device: str, what: str, by: str, now_ms: int, **values: int | None) -> Claim:
        with writing(self.engine) as connection:
            before = find(connection, "claim", check_id("device", device))
            if before is None:
                message = f"device {device} has no claim: `jemput claim make {device}` makes one"
                raise BrokerAccountError(message)
            self._check_group(before)
            after = replace(before, **values)
            self._set(connection, device, **values)
            audit.note(connection, by, now_ms, audit.Change(what, "claim", device, before, after))
        return _claim(after)

    def _set(self, connection: Connection, device: str, **values: int | None) -> None:
        mine = (broker_account.c.kind == "claim") & (broker_account.c.name == device)
        changed = {**values, "serial": next_serial(connection)}
        connection.execute(update(broker_account).where(mine).values(changed))

    def _check_group(self, *known: Known | None) -> None:
        for one in known:
            if one is not None and one.group != self.group:
                message = f"device {one.name} is of group {one.group}: name it by --group"
                raise BrokerAccountError(message)


def _claim(known: Known) -> Claim:
    until_ms = None
    if known.revoked_ms is None:
        until_ms = (known.rotated_ms or known.created_ms) + ALLOWED_MS
    return Claim(known.name, known.site, known.created_ms, until_ms)


def _is_open(known: Known, now_ms: int) -> bool:
    until_ms = _claim(known).open_until_ms
    return until_ms is not None and now_ms < until_ms
