"""Who may move pickups: names, roles and the hashes of their passwords, from a small file.

Passwords are random 128-bit tokens that the program itself makes, never words that people
choose. Nothing can be guessed there, so a plain SHA-256 is enough and costs a microsecond.
Accounts, with passwords that people choose, are in the database: `api.gate`.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from jemput.ids import ID_PATTERN, check_id
from jemput.roles import Role, User
from jemput.store.clock import wall_ms
from jemput.store.credentials import SESSION_MS

MOST_SESSIONS: Final = 1000
_NOBODY: Final = "0" * 64


class BadUsersError(ValueError):
    """A file of users that cannot be read; the message says where and what to write."""


class _Row(Struct, forbid_unknown_fields=True):
    role: Role
    password_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Users:
    """The users of one run: a gate whose sessions end with the process."""

    def __init__(
        self, users: Mapping[str, tuple[Role, str]], now_ms: Callable[[], int] = wall_ms
    ) -> None:
        """Take role and `password_sha256` by name. Raises `BadIdError`."""
        self._users = MappingProxyType({check_id("user", name): row for name, row in users.items()})
        self._now_ms = now_ms
        self._sessions: OrderedDict[str, tuple[User, int]] = OrderedDict()

    @classmethod
    def load(cls, path: Path) -> "Users":
        """Read `{name: {"role": ..., "password_sha256": ...}}`. Raises `BadUsersError`."""
        try:
            rows = msgspec.json.decode(path.read_bytes(), type=dict[str, _Row])
            return cls({name: (row.role, row.password_sha256) for name, row in rows.items()})
        except OSError as error:
            raise BadUsersError(f"the users in {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            message = (
                f"the users in {path} are not understood: {error}. Write "
                '{"name": {"role": "operator", "password_sha256": "64 hex digits"}}; '
                f"roles are {', '.join(Role)}; a name is {ID_PATTERN}"
            )
            raise BadUsersError(message) from error

    def recall(self, name: str, password: str) -> User | None:
        """Nothing is remembered: checking costs a microsecond."""

    def by_password(self, name: str, password: str) -> User | None:
        """The user, or None. Takes as long for an unknown name as for a wrong password."""
        role, expected = self._users.get(name, (None, _NOBODY))
        is_right = hmac.compare_digest(hash_password(password), expected)
        return User(name, role) if role is not None and is_right else None

    def by_key(self, token: str) -> User | None:
        """Nobody: API keys belong to accounts."""

    def by_session(self, token: str) -> User | None:
        """Whose session it is, unless it ended."""
        user, until_ms = self._sessions.get(hash_password(token), (None, 0))
        return user if until_ms > self._now_ms() else None

    def sign_in(self, user: User) -> str:
        """A new session's token; where there are too many, the oldest ends."""
        token = token_urlsafe(32)
        self._sessions[hash_password(token)] = (user, self._now_ms() + SESSION_MS)
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return token

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(hash_password(token), None)


def hash_password(password: str) -> str:
    """A password's hash, as the file of users holds it."""
    return sha256(password.encode(errors="surrogatepass")).hexdigest()
