"""The gate that accounts make: what lets somebody in, and how soon it no longer does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.gate import MOST_REMEMBERED, REMEMBERED_S, AccountGate
from api.users import MOST_SESSIONS, Users, hash_password
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.credentials import SESSION_MS, Credentials
from jemput.store.database import create_tables, open_database

PASSWORD = "sapu lidi di teras"  # noqa: S105 - of an account that lives for a second
BUDI = User("budi", Role.COLLECTOR, ("pakam",))


@dataclass
class Clocks:
    """Stand where the test puts them."""

    ms: int = 1_772_326_800_000
    elapsed_s: float = 50.0

    def now_ms(self) -> int:
        return self.ms

    def elapsed(self) -> float:
        return self.elapsed_s


@pytest.fixture
def clocks() -> Clocks:
    """The wall clock and the time since the start."""
    return Clocks()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database with Budi's account."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    Accounts(made).put(BUDI, by="sri", now_ms=0, password=PASSWORD)
    yield made
    made.dispose()


@pytest.fixture
def gate(engine: Engine, clocks: Clocks) -> AccountGate:
    """The gate of that database."""
    return AccountGate(engine, clocks.now_ms, clocks.elapsed)


def test_a_right_password_is_remembered_for_a_while_and_a_wrong_one_never(
    gate: AccountGate, clocks: Clocks
) -> None:
    assert gate.recall("budi", PASSWORD) is None
    assert gate.by_password("budi", PASSWORD + "!") is None
    assert gate.recall("budi", PASSWORD + "!") is None
    assert gate.by_password("budi", PASSWORD) == BUDI
    assert gate.recall("budi", PASSWORD) == BUDI
    assert gate.recall("wati", PASSWORD) is None

    clocks.elapsed_s += REMEMBERED_S
    assert gate.recall("budi", PASSWORD) is None


def test_what_is_remembered_of_an_account_ends_with_its_password_and_with_it(
    gate: AccountGate, engine: Engine
) -> None:
    gate.by_password("budi", PASSWORD)
    Accounts(engine).put(User("budi", Role.AUDITOR), by="sri", now_ms=1)
    changed = gate.recall("budi", PASSWORD)
    Accounts(engine).put(BUDI, by="sri", now_ms=2, password=PASSWORD[::-1])

    assert changed == User("budi", Role.AUDITOR)
    assert gate.recall("budi", PASSWORD) is None
    assert gate.by_password("budi", PASSWORD[::-1]) == BUDI
    Accounts(engine).retire("budi", by="sri", now_ms=3)
    assert gate.recall("budi", PASSWORD[::-1]) is None


def test_no_more_is_remembered_than_fits(gate: AccountGate) -> None:
    gate.by_password("budi", PASSWORD)
    for number in range(MOST_REMEMBERED):
        gate._right.keep("wati", str(number), None)

    assert gate.recall("budi", PASSWORD) is None


@pytest.mark.parametrize("name", ["", "Budi", "budi\0", "x" * 33, "' OR 1=1"])
def test_what_cannot_be_a_name_is_nobodys(gate: AccountGate, name: str) -> None:
    assert gate.recall(name, PASSWORD) is None
    assert gate.by_password(name, PASSWORD) is None


def test_a_key_lets_in_until_it_is_revoked(
    gate: AccountGate, engine: Engine, clocks: Clocks
) -> None:
    key, token = Credentials(engine).make_key("budi", "hp", 1, by="sri", now_ms=clocks.ms)

    assert gate.by_key(token) == BUDI
    assert gate.by_session(token) is None
    Credentials(engine).revoke_key(key.id, by="sri", now_ms=clocks.ms)
    assert gate.by_key(token) is None


def make_users(clocks: Clocks) -> Users:
    return Users({"budi": (Role.COLLECTOR, hash_password(PASSWORD))}, clocks.now_ms)


@pytest.mark.parametrize("kind", ["accounts", "file"])
def test_a_session_lets_in_until_it_ends_or_is_signed_out(
    gate: AccountGate, clocks: Clocks, kind: str
) -> None:
    asked = gate if kind == "accounts" else make_users(clocks)
    user = asked.by_password("budi", PASSWORD)
    assert user is not None
    first, second = asked.sign_in(user), asked.sign_in(user)

    assert asked.by_session(first) == asked.by_session(second) == user
    assert asked.by_key(first) is None
    assert asked.by_session(first + "x") is None
    asked.sign_out(first)
    assert asked.by_session(first) is None
    clocks.ms += SESSION_MS
    assert asked.by_session(second) is None


def test_sessions_in_memory_are_bounded(clocks: Clocks) -> None:
    users = make_users(clocks)
    user = User("budi", Role.COLLECTOR)
    first = users.sign_in(user)
    last = [users.sign_in(user) for _ in range(MOST_SESSIONS)][-1]

    assert users.by_session(first) is None
    assert users.by_session(last) == user
