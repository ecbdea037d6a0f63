"""Accounts: who may use the API, and the argon2 hashes of the passwords they chose."""

from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Any, Final

import msgspec
from msgspec import Struct
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, Engine, Row, insert, select, update

from jemput.roles import Role, User
from jemput.store import audit
from jemput.store.database import writing
from jemput.store.schema import account, credential

LEAST_LENGTH: Final = 10


class AccountError(ValueError):
    """What was asked of the accounts cannot be done; the message says what to do."""


class Account(Struct, frozen=True):
    """An account without its secrets."""

    user: User
    has_password: bool
    created_ms: int
    retired_ms: int | None


class Opened(Struct, frozen=True):
    """An open account with what its password is checked against."""

    user: User
    password_hash: str | None


class Accounts:
    """Who may use the API."""

    def __init__(self, engine: Engine) -> None:
        """Take the database; touch nothing."""
        self.engine = engine
        self._hasher = PasswordHash((Argon2Hasher(),))
        self._nobodys: str | None = None

    def put(self, user: User, *, by: str, now_ms: int, password: str | None = None) -> None:
        """Make an account, or change its role, sites and, where given, its password.

        Raises `AccountError` for a password that is too short.
        """
        hashed = None if password is None else self._hash(password)
        with writing(self.engine) as connection:
            before = find(connection, user.name)
            values = {"role": user.role.value, "sites": msgspec.json.encode(user.sites).decode()}
            if hashed is not None:
                values["password_hash"] = hashed
            if before is None:
                connection.execute(
                    insert(account).values(name=user.name, created_ms=now_ms, **values)
                )
            else:
                mine = account.c.name == user.name
                connection.execute(update(account).where(mine).values(retired_ms=None, **values))
            if before is not None and hashed is not None:
                _end_all(connection, user.name, ("session",), now_ms)
            what = "made" if before is None else "changed"
            audit.note(
                connection,
                by,
                now_ms,
                audit.Change(what, "account", user.name, before and before.user, user),
            )

    def retire(self, name: str, *, by: str, now_ms: int) -> None:
        """Close an account; its keys and sessions end. Raises `AccountError`."""
        with writing(self.engine) as connection:
            before = known(connection, name)
            connection.execute(
                update(account).where(account.c.name == name).values(retired_ms=now_ms)
            )
            _end_all(connection, name, ("key", "session"), now_ms)
            audit.note(
                connection, by, now_ms, audit.Change("retired", "account", name, before.user)
            )

    def list(self) -> Sequence[Account]:
        """Every account, by name."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(account).order_by(account.c.name))
            return [account_of(row) for row in rows]

    def check(self, name: str, password: str) -> User | None:
        """Whose password it is. Takes as long for an unknown name as for a wrong password."""
        found = self.opened(name)
        hashed = found.password_hash if found else None
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(token_hex(16))
        is_right = self._hasher.verify(password, hashed or self._nobodys)
        return found.user if found and hashed and is_right else None

    def opened(self, name: str) -> Opened | None:
        """The account of that name, None where it is retired or there is none."""
        query = select(account).where(account.c.name == name, account.c.retired_ms.is_(None))
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return Opened(account_of(row).user, row.password_hash) if row else None

    def is_empty(self) -> bool:
        """Whether nobody has an account that is open."""
        query = select(account.c.name).where(account.c.retired_ms.is_(None)).limit(1)
        with self.engine.connect() as connection:
            return connection.execute(query).first() is None

    def _hash(self, password: str) -> str:
        if len(password) < LEAST_LENGTH:
            raise AccountError(
                f"the password is too short: take at least {LEAST_LENGTH} characters"
            )
        return self._hasher.hash(password)


def known(connection: Connection, name: str) -> Account:
    """The account that is open under that name. Raises `AccountError`."""
    found = find(connection, name)
    if found is None or found.retired_ms is not None:
        raise AccountError(f"there is no account {name}: list the accounts")
    return found


def find(connection: Connection, name: str) -> Account | None:
    """The account of that name, open or retired."""
    row = connection.execute(select(account).where(account.c.name == name)).first()
    return account_of(row) if row else None


def account_of(row: Row[Any]) -> Account:
    """An account from its row."""
    sites = msgspec.json.decode(row.sites, type=tuple[str, ...])
    user = User(row.name, Role(row.role), sites)
    return Account(user, row.password_hash is not None, row.created_ms, row.retired_ms)


def _end_all(connection: Connection, name: str, kinds: Iterable[str], now_ms: int) -> None:
    """End every key or session that opens an account."""
    live = (
        (credential.c.account == name)
        & credential.c.kind.in_(tuple(kinds))
        & credential.c.revoked_ms.is_(None)
    )
    connection.execute(update(credential).where(live).values(revoked_ms=now_ms))
