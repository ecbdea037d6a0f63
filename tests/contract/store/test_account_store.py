"""Accounts of the broker in the database: made, rotated, revoked, each with a line in the log."""

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError

from jemput.broker.account import new_password
from jemput.broker.hashing import hashed
from jemput.store.audit import AuditLog
from jemput.store.broker_accounts import BrokerAccountError, BrokerAccountStore
from jemput.store.schema import broker_account
from tests.databases import refusing

GROUP = "main"
NOW_MS = 1_772_326_800_000


@pytest.fixture
def store(engine: Engine) -> BrokerAccountStore:
    """The accounts of a group with two devices."""
    made = BrokerAccountStore(engine)
    provision(made, "dev-1", "dev-2")
    return made


def provision(store: BrokerAccountStore, *names: str, group: str = GROUP) -> None:
    """Make accounts with passwords that nobody needs."""
    hashes = {name: hashed(new_password()) for name in names}
    store.provision(group, hashes, by="sri", now_ms=NOW_MS)


def live(store: BrokerAccountStore) -> list[str]:
    """Who may speak."""
    return [known.name for known, _ in store.live()]


def told(store: BrokerAccountStore) -> list[tuple[str, str, str]]:
    """What the log says, oldest first."""
    lines = reversed(AuditLog(store.engine).search(kind="device"))
    return [(line.who, line.what, line.thing) for line in lines]


def test_every_change_is_seen_and_in_the_log(store: BrokerAccountStore) -> None:
    marks = [store.mark()]
    store.rotate("dev-1", hashed(new_password()), by="sri", now_ms=NOW_MS)
    marks.append(store.mark())
    store.rotate("dev-2", hashed(new_password()), by="sri", now_ms=NOW_MS)
    marks.append(store.mark())
    store.revoke("dev-1", by="sri", now_ms=NOW_MS)
    marks.append(store.mark())
    provision(store, "dev-1")
    marks.append(store.mark())

    assert len(set(marks)) == len(marks)
    assert live(store) == ["dev-1", "dev-2"]
    assert told(store) == [
        ("sri", "provisioned", "dev-1"),
        ("sri", "provisioned", "dev-2"),
        ("sri", "rotated", "dev-1"),
        ("sri", "rotated", "dev-2"),
        ("sri", "revoked", "dev-1"),
        ("sri", "provisioned", "dev-1"),
    ]


def test_a_revoked_one_may_not_speak_and_is_listed_still(store: BrokerAccountStore) -> None:
    store.revoke("dev-1", by="sri", now_ms=NOW_MS)

    assert live(store) == ["dev-2"]
    assert [one.revoked_ms for one in store.list(GROUP)] == [NOW_MS, None]
    with pytest.raises(BrokerAccountError, match="provision it again"):
        store.rotate("dev-1", hashed("x"), by="sri", now_ms=NOW_MS)
    with pytest.raises(BrokerAccountError, match="provision it again"):
        store.revoke("dev-1", by="sri", now_ms=NOW_MS)


def test_one_that_cannot_be_made_makes_none(store: BrokerAccountStore) -> None:
    with pytest.raises(BrokerAccountError, match="dev-2 has an account: rotate"):
        provision(store, "dev-3", "dev-2")
    with pytest.raises(BrokerAccountError, match="of group main"):
        provision(store, "dev-2", group="other")
    with pytest.raises(ValueError, match="not an id"):
        provision(store, "dev-4", "#")
    with pytest.raises(BrokerAccountError, match="no device dev-9"):
        store.revoke("dev-9", by="sri", now_ms=NOW_MS)

    assert live(store) == ["dev-1", "dev-2"]


def test_without_its_line_in_the_log_nothing_changes(store: BrokerAccountStore) -> None:
    with refusing(store.engine, "audit"), pytest.raises(IntegrityError):
        store.revoke("dev-1", by="sri", now_ms=NOW_MS)

    assert live(store) == ["dev-1", "dev-2"]


def test_neither_the_table_nor_the_log_holds_a_password(engine: Engine) -> None:
    word = new_password()
    made = hashed(word)
    store = BrokerAccountStore(engine)
    store.provision(GROUP, {"dev-1": made}, by="sri", now_ms=NOW_MS)
    with engine.connect() as connection:
        rows = str(connection.execute(select(broker_account)).all())
    lines = str(AuditLog(engine).search())

    assert word not in rows + lines
    assert made.nats not in lines
    assert made.mosquitto not in lines
