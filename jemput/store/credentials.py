"""API keys and sessions: 256 random bits each, shown once.

One round of SHA-256 is enough for what nobody can guess; the database holds nothing that opens
anything.
"""

from collections.abc import Sequence
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any, Final, Literal

from msgspec import Struct
from sqlalchemy import Connection, Engine, Row, insert, select, update

from jemput.roles import User
from jemput.store import accounts, audit
from jemput.store.database import writing
from jemput.store.schema import account, credential

SESSION_MS: Final = 12 * 3_600_000
DAY_MS: Final = 86_400_000
KEY_PREFIX: Final = "jk_"
Kind = Literal["key", "session"]


class Key(Struct, frozen=True):
    """An API key without the key."""

    id: str
    account: str
    label: str
    created_ms: int
    expires_ms: int | None
    revoked_ms: int | None


class Credentials:
    """What opens an account without its password."""

    def __init__(self, engine: Engine) -> None:
        """Take the database; touch nothing."""
        self.engine = engine

    def make_key(
        self, name: str, label: str, days: int | None, *, by: str, now_ms: int
    ) -> tuple[Key, str]:
        """A new API key, shown this once. Raises `AccountError`."""
        expires_ms = None if days is None else now_ms + days * DAY_MS
        token = KEY_PREFIX + token_urlsafe(32)
        with writing(self.engine) as connection:
            accounts.known(connection, name)
            key_id = _put_token(connection, "key", name, token, label, now_ms, expires_ms)
            key = Key(key_id, name, label, now_ms, expires_ms, None)
            audit.note(connection, by, now_ms, audit.Change("made", "key", key_id, None, key))
        return key, token

    def revoke_key(self, key_id: str, *, by: str, now_ms: int) -> None:
        """End a key now. Raises `AccountError`."""
        with writing(self.engine) as connection:
            found = (credential.c.id == key_id) & (credential.c.kind == "key")
            row = connection.execute(select(credential).where(found)).first()
            if row is None:
                raise accounts.AccountError(f"there is no key {key_id}: list the keys")
            live = found & credential.c.revoked_ms.is_(None)
            connection.execute(update(credential).where(live).values(revoked_ms=now_ms))
            audit.note(connection, by, now_ms, audit.Change("revoked", "key", key_id, _key(row)))

    def list_keys(self) -> Sequence[Key]:
        """Every key, oldest first."""
        query = select(credential).where(credential.c.kind == "key")
        with self.engine.connect() as connection:
            rows = connection.execute(query.order_by(credential.c.created_ms))
            return [_key(row) for row in rows]

    def sign_in(self, name: str, now_ms: int) -> str:
        """A new session's token; the caller has checked the password."""
        token = token_urlsafe(32)
        with writing(self.engine) as connection:
            _put_token(connection, "session", name, token, "", now_ms, now_ms + SESSION_MS)
        return token

    def sign_out(self, token: str, now_ms: int) -> None:
        """End a session."""
        with writing(self.engine) as connection:
            mine = (credential.c.hash == _hash(token)) & (credential.c.kind == "session")
            connection.execute(update(credential).where(mine).values(revoked_ms=now_ms))

    def bearer(self, token: str, kind: Kind, now_ms: int) -> User | None:
        """Whose key or session it is; None where it is none, or no longer."""
        query = (
            select(account)
            .join(credential, credential.c.account == account.c.name)
            .where(
                credential.c.hash == _hash(token),
                credential.c.kind == kind,
                credential.c.revoked_ms.is_(None),
                credential.c.expires_ms.is_(None) | (credential.c.expires_ms > now_ms),
                account.c.retired_ms.is_(None),
            )
        )
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return accounts.account_of(row).user if row else None


def _put_token(  # noqa: PLR0913, PLR0917 - the columns of a row
    connection: Connection,
    kind: Kind,
    name: str,
    token: str,
    label: str,
    now_ms: int,
    expires_ms: int | None,
) -> str:
    key_id = token_hex(6)
    connection.execute(
        insert(credential).values(
            hash=_hash(token),
            kind=kind,
            id=key_id,
            account=name,
            label=label,
            created_ms=now_ms,
            expires_ms=expires_ms,
        )
    )
    return key_id


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _key(row: Row[Any]) -> Key:
    return Key(row.id, row.account, row.label, row.created_ms, row.expires_ms, row.revoked_ms)
