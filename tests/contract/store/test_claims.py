"""Claims in either database: closed until allowed, used once, and each step a line in the log."""

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from jemput.hashes import Hashes
from jemput.store.audit import AuditLog
from jemput.store.broker_accounts import BrokerAccountError, BrokerAccountStore
from jemput.store.claims import ALLOWED_MS, Claims
from tests.databases import refusing

GROUP = "main"
NOW_MS = 1_772_326_800_000
SECRET, DRAWN = Hashes("secret", "secret"), Hashes("drawn", "drawn")


@pytest.fixture
def claims(engine: Engine) -> Claims:
    """Two devices with a claim and no account."""
    made = Claims(engine, GROUP)
    made.make({"d-1": SECRET, "d-2": SECRET}, by="sri", now_ms=NOW_MS, site="pakam")
    return made


def live(claims: Claims) -> list[tuple[str, str]]:
    """Who may connect."""
    return [(known.kind, known.name) for known, _ in BrokerAccountStore(claims.engine).live()]


def test_a_claim_opens_nothing_until_it_is_allowed(claims: Claims) -> None:
    assert live(claims) == []
    assert not claims.open(NOW_MS)
    assert not claims.grant("d-1", DRAWN, now_ms=NOW_MS)

    assert claims.allow("d-1", by="sri", now_ms=NOW_MS).open_until_ms == NOW_MS + ALLOWED_MS

    assert live(claims) == [("claim", "d-1")]
    assert claims.open(NOW_MS)
    assert not claims.grant("d-2", DRAWN, now_ms=NOW_MS)
    assert BrokerAccountStore(claims.engine).list() == []


def test_it_is_used_once_and_gives_the_account_what_was_drawn(claims: Claims) -> None:
    store = BrokerAccountStore(claims.engine)
    claims.allow("d-1", by="sri", now_ms=NOW_MS)
    mark = store.mark()

    assert claims.grant("d-1", DRAWN, now_ms=NOW_MS + 1)

    assert [(known.kind, known.name, known.site, hashes) for known, hashes in store.live()] == [
        ("device", "d-1", "pakam", DRAWN)
    ]
    assert store.mark() != mark
    assert not claims.grant("d-1", SECRET, now_ms=NOW_MS + 2)
    assert [hashes for _, hashes in store.live()] == [DRAWN]
    lines = AuditLog(claims.engine).search(thing="d-1")
    assert [(line.who, line.what, line.kind) for line in reversed(lines)] == [
        ("sri", "made", "claim"),
        ("sri", "allowed", "claim"),
        ("claim/d-1", "claimed", "device"),
    ]


def test_a_device_that_lost_its_password_is_allowed_again(claims: Claims) -> None:
    store = BrokerAccountStore(claims.engine)
    store.provision(GROUP, {"d-1": SECRET}, by="sri", now_ms=NOW_MS)
    store.revoke("d-1", by="sri", now_ms=NOW_MS)
    for number in (1, 2):
        claims.allow("d-1", by="sri", now_ms=NOW_MS + number)
        drawn = Hashes(f"drawn {number}", "drawn")
        assert claims.grant("d-1", drawn, now_ms=NOW_MS + number)
        assert [(known.site, hashes) for known, hashes in store.live()] == [("+", drawn)]

    known = store.get("d-1")
    assert known is not None
    assert (known.created_ms, known.rotated_ms) == (NOW_MS, NOW_MS + 2)


def test_its_time_ends_and_it_may_be_closed(claims: Claims) -> None:
    claims.allow("d-1", by="sri", now_ms=NOW_MS)
    claims.allow("d-2", by="sri", now_ms=NOW_MS + 1)
    over_ms = NOW_MS + ALLOWED_MS

    assert not claims.grant("d-1", DRAWN, now_ms=over_ms)
    assert claims.open(over_ms)
    assert live(claims) == [("claim", "d-2")]

    claims.close("d-2", by="sri", now_ms=over_ms)
    assert live(claims) == []
    assert [one.open_until_ms for one in claims.list()] == [None, None]


def test_what_cannot_be(claims: Claims) -> None:
    other = Claims(claims.engine, "other")
    claims.allow("d-1", by="sri", now_ms=NOW_MS)

    assert not other.grant("d-1", DRAWN, now_ms=NOW_MS)
    assert other.list() == []
    with pytest.raises(BrokerAccountError, match="of group main"):
        other.allow("d-1", by="sri", now_ms=NOW_MS)
    with pytest.raises(BrokerAccountError, match="of group main"):
        other.make({"d-3": SECRET, "d-1": SECRET}, by="sri", now_ms=NOW_MS)
    with pytest.raises(BrokerAccountError, match="`jemput claim make d-9` makes one"):
        claims.allow("d-9", by="sri", now_ms=NOW_MS)
    with pytest.raises(ValueError, match="not an id"):
        claims.make({"#": SECRET}, by="sri", now_ms=NOW_MS)
    assert other.list() == []


def test_without_its_line_in_the_log_nothing_is_granted(claims: Claims) -> None:
    claims.allow("d-1", by="sri", now_ms=NOW_MS)
    with refusing(claims.engine, "audit"), pytest.raises(IntegrityError):
        claims.grant("d-1", DRAWN, now_ms=NOW_MS)

    assert live(claims) == [("claim", "d-1")]
