"""Accounts, keys and sessions: what opens the API, until it no longer does; and who changed it."""

import pytest
from sqlalchemy import Engine, select

from jemput.roles import RIGHTS, Right, Role, User
from jemput.store.accounts import AccountError, Accounts
from jemput.store.audit import AuditLog
from jemput.store.credentials import DAY_MS, SESSION_MS, Credentials
from jemput.store.schema import account, audit, credential

NOW_MS = 1_772_326_800_000
PASSWORD = "sapu lidi di teras"  # noqa: S105 - of an account that lives for a second
BUDI = User("budi", Role.COLLECTOR, ("pakam",))


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """A database with Budi's account, of each kind."""
    Accounts(engine).put(BUDI, by="sri", now_ms=NOW_MS, password=PASSWORD)
    return engine


def test_a_password_opens_its_account_and_no_other(engine: Engine) -> None:
    accounts = Accounts(engine)

    assert accounts.check("budi", PASSWORD) == BUDI
    assert accounts.check("budi", PASSWORD + "!") is None
    assert accounts.check("wati", PASSWORD) is None


def test_an_account_without_a_password_is_opened_by_none(engine: Engine) -> None:
    Accounts(engine).put(User("robot", Role.AUDITOR), by="sri", now_ms=NOW_MS)

    assert Accounts(engine).check("robot", "") is None


def test_a_short_password_is_refused_and_changes_nothing(engine: Engine) -> None:
    with pytest.raises(AccountError, match="too short"):
        Accounts(engine).put(User("wati", Role.OPERATOR), by="sri", now_ms=NOW_MS, password="short")  # noqa: S106

    assert [one.user.name for one in Accounts(engine).list()] == ["budi"]


def test_a_key_opens_until_it_expires_or_is_revoked(engine: Engine) -> None:
    keys = Credentials(engine)
    key, token = keys.make_key("budi", "telepon", 30, by="sri", now_ms=NOW_MS)

    assert keys.bearer(token, "key", NOW_MS) == BUDI
    assert keys.bearer(token, "session", NOW_MS) is None
    assert keys.bearer(token, "key", NOW_MS + 30 * DAY_MS) is None
    keys.revoke_key(key.id, by="sri", now_ms=NOW_MS + 1)
    assert keys.bearer(token, "key", NOW_MS + 2) is None
    assert [one.revoked_ms for one in keys.list_keys()] == [NOW_MS + 1]


def test_no_secret_is_kept_as_it_is(engine: Engine) -> None:
    _, token = Credentials(engine).make_key("budi", "telepon", None, by="sri", now_ms=NOW_MS)
    session = Credentials(engine).sign_in("budi", NOW_MS)
    with engine.connect() as connection:
        queries = [select(table) for table in (account, credential, audit)]
        kept = [str(row) for query in queries for row in connection.execute(query)]

    assert kept
    assert not [row for row in kept for secret in (PASSWORD, token, session) if secret in row]


def test_a_session_ends_by_itself_on_sign_out_and_with_a_new_password(engine: Engine) -> None:
    sessions = Credentials(engine)
    first, second, third = (sessions.sign_in("budi", NOW_MS) for _ in range(3))

    assert sessions.bearer(first, "session", NOW_MS + SESSION_MS - 1) == BUDI
    assert sessions.bearer(first, "session", NOW_MS + SESSION_MS) is None
    sessions.sign_out(second, NOW_MS + 1)
    assert sessions.bearer(second, "session", NOW_MS + 2) is None
    Accounts(engine).put(BUDI, by="budi", now_ms=NOW_MS + 3, password=PASSWORD * 2)
    assert sessions.bearer(third, "session", NOW_MS + 4) is None


def test_a_retired_account_is_opened_by_nothing(engine: Engine) -> None:
    credentials = Credentials(engine)
    _, token = credentials.make_key("budi", "telepon", None, by="sri", now_ms=NOW_MS)
    session = credentials.sign_in("budi", NOW_MS)

    Accounts(engine).retire("budi", by="sri", now_ms=NOW_MS + 1)

    assert Accounts(engine).check("budi", PASSWORD) is None
    assert credentials.bearer(token, "key", NOW_MS + 2) is None
    assert credentials.bearer(session, "session", NOW_MS + 2) is None
    with pytest.raises(AccountError, match="no account budi"):
        credentials.make_key("budi", "lagi", None, by="sri", now_ms=NOW_MS + 2)


def test_the_audit_log_tells_who_changed_what_from_what(engine: Engine) -> None:
    accounts, log = Accounts(engine), AuditLog(engine)
    accounts.put(User("budi", Role.DISPATCHER), by="sri", now_ms=NOW_MS + 1)
    accounts.retire("budi", by="dian", now_ms=NOW_MS + 2)

    lines = log.search(kind="account", thing="budi")

    assert [(line.who, line.what) for line in lines] == [
        ("dian", "retired"),
        ("sri", "changed"),
        ("sri", "made"),
    ]
    assert '"collector"' in str(lines[1].before)
    assert '"dispatcher"' in str(lines[1].after)
    assert [line.what for line in log.search(who="sri", most=1)] == ["changed"]
    assert [line.what for line in log.search(before_id=lines[0].id)] == ["changed", "made"]


def test_only_an_operator_changes_accounts_and_an_auditor_changes_nothing() -> None:
    may_change = {role for role in Role if Right.CHANGE_ACCOUNTS in RIGHTS[role]}

    assert may_change == {Role.OPERATOR}
    assert not [
        right for right in RIGHTS[Role.AUDITOR] if right.value.startswith(("move", "change"))
    ]
