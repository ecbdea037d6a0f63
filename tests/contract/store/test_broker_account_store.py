"""Accounts of the broker: every change is seen by whoever serves them, and written down."""

import pytest
from sqlalchemy import Engine

from jemput.hashes import Hashes
from jemput.store.audit import AuditLog
from jemput.store.broker_accounts import BrokerAccountError, BrokerAccountStore

FIRST, SECOND = Hashes("nats-1", "mosquitto-1"), Hashes("nats-2", "mosquitto-2")


@pytest.fixture
def accounts(engine: Engine) -> BrokerAccountStore:
    """Two devices may speak."""
    made = BrokerAccountStore(engine)
    made.provision("main", {"d-1": FIRST, "d-2": FIRST}, by="dewi", now_ms=1000)
    return made


def test_whoever_serves_them_sees_that_something_changed(accounts: BrokerAccountStore) -> None:
    marks = [accounts.mark()]
    accounts.rotate("d-1", SECOND, by="dewi", now_ms=2000)
    marks.append(accounts.mark())
    accounts.revoke("d-2", by="dewi", now_ms=3000)
    marks.append(accounts.mark())
    accounts.provision("main", {"d-2": SECOND}, by="dewi", now_ms=4000)
    marks.append(accounts.mark())

    assert len(set(marks)) == len(marks)
    assert accounts.mark() == marks[-1]


def test_each_change_is_written_down_and_its_hashes_are_not(
    engine: Engine, accounts: BrokerAccountStore
) -> None:
    accounts.rotate("d-1", SECOND, by="ani", now_ms=2000)
    accounts.revoke("d-1", by="sri", now_ms=3000)

    lines = AuditLog(engine).search(thing="d-1")
    assert [(one.who, one.what, one.at_ms) for one in lines] == [
        ("sri", "revoked", 3000),
        ("ani", "rotated", 2000),
        ("dewi", "provisioned", 1000),
    ]
    assert not [one for one in lines if "nats-" in f"{one.before}{one.after}"]


def test_who_is_revoked_is_let_in_no_more_until_provisioned_anew(
    accounts: BrokerAccountStore,
) -> None:
    accounts.revoke("d-1", by="dewi", now_ms=2000)

    assert [known.name for known, _ in accounts.live()] == ["d-2"]
    with pytest.raises(BrokerAccountError, match="revoked"):
        accounts.rotate("d-1", SECOND, by="dewi", now_ms=3000)
    with pytest.raises(BrokerAccountError, match="of group main"):
        accounts.provision("other", {"d-1": SECOND}, by="dewi", now_ms=3000)
    accounts.provision("main", {"d-1": SECOND}, by="dewi", now_ms=4000)
    assert {known.name: one for known, one in accounts.live()}["d-1"] == SECOND
