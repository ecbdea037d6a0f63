"""Who may move pickups: names, roles and the hashes of their passwords, from a small file.

Passwords are random 128-bit tokens that the program itself makes, never words that people
choose. Nothing can be guessed there, so a plain SHA-256 is enough and costs a microsecond;
accounts with chosen passwords will need a slow hash.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from jemput.ids import ID_PATTERN, check_id

_NOBODY: Final = "0" * 64


class Role(StrEnum):
    """What a user may do: a collector only what concerns their own pickups."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    COLLECTOR = "collector"


class BadUsersError(ValueError):
    """A file of users that cannot be read; the message says where and what to write."""


class User(Struct, frozen=True):
    """Somebody who may move pickups. A collector's name is the collector's id."""

    name: str
    role: Role


class _Row(Struct, forbid_unknown_fields=True):
    role: Role
    password_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Users:
    """The users of one run."""

    def __init__(self, users: Mapping[str, tuple[Role, str]]) -> None:
        """Take role and `password_sha256` by name. Raises `BadIdError`."""
        self._users = MappingProxyType({check_id("user", name): row for name, row in users.items()})

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

    def check(self, name: str, password: str) -> User | None:
        """The user, or None. Takes as long for an unknown name as for a wrong password."""
        role, expected = self._users.get(name, (None, _NOBODY))
        is_right = hmac.compare_digest(hash_password(password), expected)
        return User(name, role) if role is not None and is_right else None


def hash_password(password: str) -> str:
    """A password's hash, as the file of users holds it."""
    return sha256(password.encode()).hexdigest()
