"""Who is let in: by a password, an API key or a session; and the gate that accounts make.

A password is checked by argon2, 50 ms on purpose. A program that sends it with every request
should not pay that each time, so a pair that was right is remembered for five minutes, in
memory, as a keyed hash over name, password and the stored hash: it no longer fits once the
password changes. Role, sites and retirement are read anew at every request.
"""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from secrets import token_bytes
from threading import Lock
from typing import Final, Protocol

from sqlalchemy import Engine

from jemput.ids import is_id
from jemput.roles import User
from jemput.store.accounts import Accounts
from jemput.store.clock import wall_ms
from jemput.store.credentials import Credentials

REMEMBERED_S: Final = 300.0
MOST_REMEMBERED: Final = 1000


class Gate(Protocol):
    """Who is speaking. Every answer is None for whoever is not known."""

    def recall(self, name: str, password: str) -> User | None:
        """Whose password it was a moment ago; answers at once."""
        ...

    def by_password(self, name: str, password: str) -> User | None:
        """Whose password it is. Takes as long for an unknown name as for a wrong password."""
        ...

    def by_key(self, token: str) -> User | None:
        """Whose API key it is."""
        ...

    def by_session(self, token: str) -> User | None:
        """Whose session it is."""
        ...

    def sign_in(self, user: User) -> str:
        """A new session's token."""
        ...

    def sign_out(self, token: str) -> None:
        """End a session."""
        ...


class AccountGate:
    """Lets in who has an account in the database."""

    def __init__(
        self,
        engine: Engine,
        now_ms: Callable[[], int] = wall_ms,
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the database; touch nothing."""
        self.accounts = Accounts(engine)
        self.credentials = Credentials(engine)
        self._now_ms = now_ms
        self._right = _Remembered(elapsed_s)

    def recall(self, name: str, password: str) -> User | None:
        """Whose password it was a moment ago, as the account is now."""
        found = self.accounts.opened(name) if is_id(name) else None
        if found is None or not self._right.has(name, password, found.password_hash):
            return None
        return found.user

    def by_password(self, name: str, password: str) -> User | None:
        """Whose password it is; what was right is remembered."""
        if not is_id(name):
            return None
        found = self.accounts.check(name, password)
        opened = self.accounts.opened(name) if found else None
        if opened is not None:
            self._right.keep(name, password, opened.password_hash)
        return found

    def by_key(self, token: str) -> User | None:
        """Whose API key it is, unless it expired or was revoked."""
        return self.credentials.bearer(token, "key", self._now_ms())

    def by_session(self, token: str) -> User | None:
        """Whose session it is, unless it ended."""
        return self.credentials.bearer(token, "session", self._now_ms())

    def sign_in(self, user: User) -> str:
        """A new session's token."""
        return self.credentials.sign_in(user.name, self._now_ms())

    def sign_out(self, token: str) -> None:
        """End a session."""
        self.credentials.sign_out(token, self._now_ms())


class _Remembered:
    """Pairs of name and password that were right a moment ago, as keyed hashes."""

    def __init__(self, elapsed_s: Callable[[], float]) -> None:
        self._elapsed_s = elapsed_s
        self._key = token_bytes(32)
        self._until_s: OrderedDict[bytes, float] = OrderedDict()
        self._lock = Lock()

    def has(self, name: str, password: str, password_hash: str | None) -> bool:
        digest = self._digest(name, password, password_hash)
        with self._lock:
            return self._until_s.get(digest, 0.0) > self._elapsed_s()

    def keep(self, name: str, password: str, password_hash: str | None) -> None:
        digest = self._digest(name, password, password_hash)
        with self._lock:
            self._until_s.pop(digest, None)
            self._until_s[digest] = self._elapsed_s() + REMEMBERED_S
            while len(self._until_s) > MOST_REMEMBERED:
                self._until_s.popitem(last=False)

    def _digest(self, name: str, password: str, password_hash: str | None) -> bytes:
        # A name is an id, a stored hash holds no NUL: nothing runs into its neighbour.
        told = f"{name}\0{password_hash}\0{password}".encode(errors="surrogatepass")
        return hmac.digest(self._key, told, "sha256")
