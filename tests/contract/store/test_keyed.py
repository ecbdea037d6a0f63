"""Requests under a key: one effect, one answer, whatever happens in between; both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, select

from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.database import besides, writing
from jemput.store.keyed import (
    KEPT_MS,
    TURN_MS,
    Answer,
    AnswerLostError,
    Claim,
    KeyedRequests,
    OtherRequestError,
    StillRunningError,
)
from jemput.store.schema import keyed_request
from jemput.store.sealing import Seal, SealBrokenError
from tests.contract.store.crowd import at_once

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"
NOW_MS = 1_772_326_800_000
SAID = Answer(201, (("location", "/v1/things/1"),), b'{"password": "sapu-lidi"}')


def seal(owner: str = "sri", key: str = KEY) -> Seal:
    return Seal(key, owner)


def claim(engine: Engine, told: bytes = b"it", now_ms: int = NOW_MS) -> Claim | Answer:
    return KeyedRequests(engine).claim(seal(), told, now_ms)


def claimed(engine: Engine, now_ms: int = NOW_MS) -> Claim:
    found = claim(engine, now_ms=now_ms)
    assert isinstance(found, Claim)
    return found


def act(engine: Engine, mine: Claim) -> None:
    """Take effect, as a route does."""
    with besides(mine.mark), writing(engine):
        pass


def test_who_asks_again_gets_the_first_answer(engine: Engine) -> None:
    first = claimed(engine)
    act(engine, first)
    first.finish(SAID)

    assert claim(engine, now_ms=NOW_MS + KEPT_MS) == SAID


def test_another_speaker_or_key_is_another_request(engine: Engine) -> None:
    claimed(engine).finish(SAID)

    for other in (seal("budi"), seal(key=KEY[::-1])):
        assert isinstance(KeyedRequests(engine).claim(other, b"it", NOW_MS), Claim)


def test_the_key_of_another_request_is_refused(engine: Engine) -> None:
    first = claimed(engine)
    with pytest.raises(OtherRequestError):
        claim(engine, b"that")
    first.finish(SAID)
    with pytest.raises(OtherRequestError):
        claim(engine, b"that")


def test_of_many_at_once_one_may(engine: Engine) -> None:
    came = at_once(*[lambda: claim(engine)] * 6)

    assert [type(one).__name__ for one in came if isinstance(one, Claim)] == ["Claim"]
    assert sum(isinstance(one, StillRunningError) for one in came) == 5


def test_what_was_refused_may_be_tried_again(engine: Engine) -> None:
    assert claimed(engine).release()
    claimed(engine)


def test_who_ended_without_an_effect_is_taken_over_later(engine: Engine) -> None:
    first = claimed(engine)
    with pytest.raises(StillRunningError):
        claim(engine, now_ms=NOW_MS + TURN_MS - 1)

    second = claimed(engine, NOW_MS + TURN_MS)

    with pytest.raises(StillRunningError, match="begun anew"):
        act(engine, first)
    first.finish(Answer(200, (), b"of the first"))
    assert not first.release()
    act(engine, second)
    second.finish(SAID)
    assert claim(engine, now_ms=NOW_MS + TURN_MS) == SAID


def test_who_ended_behind_an_effect_is_never_repeated(engine: Engine) -> None:
    first = claimed(engine)
    act(engine, first)
    with pytest.raises(StillRunningError):
        claim(engine)

    with pytest.raises(AnswerLostError, match="ended before answering"):
        claim(engine, now_ms=NOW_MS + TURN_MS)


def test_a_mark_is_there_exactly_if_the_effect_is(engine: Engine) -> None:
    first = claimed(engine)
    with pytest.raises(ZeroDivisionError), besides(first.mark):
        fail(engine)

    assert first.release()


def fail(engine: Engine) -> None:
    """An effect that is rolled back."""
    with writing(engine):
        raise ZeroDivisionError


def test_who_was_taken_over_has_no_effect(engine: Engine) -> None:
    first = claimed(engine)
    claimed(engine, NOW_MS + TURN_MS)

    with pytest.raises(StillRunningError), besides(first.mark):
        Accounts(engine).put(User("lia", Role.AUDITOR), by="sri", now_ms=1)

    assert Accounts(engine).is_empty()


def test_an_effect_whose_answer_is_not_kept_is_said_so(engine: Engine) -> None:
    first = claimed(engine)
    act(engine, first)
    assert not first.release()
    first.finish(None)

    with pytest.raises(AnswerLostError, match="could not be kept"):
        claim(engine)


def test_after_a_day_a_key_is_new(engine: Engine) -> None:
    claimed(engine).finish(SAID)
    claimed(engine, NOW_MS + KEPT_MS + 1)


def test_the_database_alone_tells_neither_key_nor_request_nor_answer(engine: Engine) -> None:
    told = b"a request with sapu-lidi in it"
    first = KeyedRequests(engine).claim(seal(), told, NOW_MS)
    assert isinstance(first, Claim)
    first.finish(SAID)

    with engine.connect() as connection:
        row = connection.execute(select(keyed_request)).one()
    everything = repr(tuple(row)).encode()
    for secret in (KEY.encode(), b"sapu-lidi", b"sri", b"location"):
        assert secret not in everything
    assert row.fingerprint != Seal(KEY[::-1], "sri").fingerprint(told)


@pytest.mark.parametrize(
    "spoil", [lambda one: one[:-1] + bytes([one[-1] ^ 1]), lambda one: one[:20]]
)
def test_a_sealed_answer_that_was_changed_is_not_read(spoil: Callable[[bytes], bytes]) -> None:
    mine = seal()
    assert mine.open(mine.close(b"words")) == b"words"
    with pytest.raises((SealBrokenError, ValueError)):
        mine.open(spoil(mine.close(b"words")))
    with pytest.raises(SealBrokenError):
        seal("budi").open(mine.close(b"words"))


def test_nothing_is_done_besides_when_nothing_is_asked(engine: Engine) -> None:
    first = claimed(engine)
    with besides(first.mark), besides(None), writing(engine):
        pass
    assert first.release()
