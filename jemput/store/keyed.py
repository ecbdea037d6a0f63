"""Requests under a key: at most one of those that bear it takes effect, and all get its answer.

Whoever is first claims the key. In each transaction of theirs the claim is marked, so the mark
is there exactly if an effect is. Whoever was silent for too long can be taken over as long as
there is no mark; their own transaction then finds another's turn and is rolled back.
"""

from secrets import token_hex
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update

from jemput.store.checkpoints import put_missing
from jemput.store.database import writing
from jemput.store.schema import keyed_request
from jemput.store.sealing import Seal

KEPT_MS: Final = 24 * 3_600_000
TURN_MS: Final = 60_000
"""So long whoever claimed it may work before another may try."""
LARGEST_ANSWER: Final = 1_000_000


class OtherRequestError(ValueError):
    """The key was used for another request."""


class StillRunningError(RuntimeError):
    """The first request under the key is not answered yet."""


class AnswerLostError(RuntimeError):
    """The request took effect, and its answer is gone."""


class Answer(Struct, frozen=True, array_like=True):
    """What was answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Claim(Struct, frozen=True):
    """The right to do what a request asks for."""

    engine: Engine
    seal: Seal
    turn: str

    def mark(self, connection: Connection) -> None:
        """Note the effect in its own transaction. Raises `StillRunningError` if taken over."""
        marked = update(keyed_request).where(self._is_mine()).values(took_effect=True)
        if connection.execute(marked).rowcount != 1:
            raise StillRunningError("it took too long, and was begun anew meanwhile")

    def finish(self, answer: Answer | None) -> None:
        """Keep the answer; None where something was done but the answer cannot be kept."""
        sealed = answer and self.seal.close(msgspec.msgpack.encode(answer))
        status = answer.status if answer else 0
        values = {"took_effect": True, "status": status, "answer": sealed}
        with writing(self.engine) as connection:
            connection.execute(update(keyed_request).where(self._is_mine()).values(**values))

    def release(self) -> bool:
        """Let the key be used anew; False where there was an effect, which stays noted."""
        gone = delete(keyed_request).where(self._is_mine(), ~keyed_request.c.took_effect)
        with writing(self.engine) as connection:
            return connection.execute(gone).rowcount == 1

    def _is_mine(self) -> ColumnElement[bool]:
        return (keyed_request.c.hash == self.seal.name) & (keyed_request.c.turn == self.turn)


class KeyedRequests:
    """The keys of one database."""

    def __init__(self, engine: Engine) -> None:
        """Take the database; touch nothing."""
        self.engine = engine

    def claim(self, seal: Seal, told: bytes, now_ms: int) -> Claim | Answer:
        """The right to do it, or the answer where it was done.

        Raises `OtherRequestError`, `StillRunningError` or `AnswerLostError`.
        """
        claim = Claim(self.engine, seal, token_hex(8))
        row = {
            "hash": seal.name,
            "turn": claim.turn,
            "fingerprint": seal.fingerprint(told),
            "claimed_ms": now_ms,
            "took_effect": False,
        }
        with writing(self.engine) as connection:
            _prune(connection, now_ms)
            put_missing(connection, keyed_request, [row])
            same = select(keyed_request).where(keyed_request.c.hash == seal.name)
            found = connection.execute(same.with_for_update()).one()
            if found.turn == claim.turn:
                return claim
            if found.fingerprint != row["fingerprint"]:
                raise OtherRequestError("the key was used for another request")
            if found.status is not None:
                return _answer(found, seal)
            if now_ms - found.claimed_ms < TURN_MS:
                raise StillRunningError("the first request under this key is not answered yet")
            if found.took_effect:
                raise AnswerLostError("it was done, and whoever did it ended before answering")
            mine = keyed_request.c.hash == seal.name
            values = {"turn": claim.turn, "claimed_ms": now_ms}
            connection.execute(update(keyed_request).where(mine).values(**values))
            return claim


def _answer(found: Row[tuple[object, ...]], seal: Seal) -> Answer:
    if found.answer is None:
        raise AnswerLostError("it was done, and its answer could not be kept")
    return msgspec.msgpack.decode(seal.open(found.answer), type=Answer)


def _prune(connection: Connection, now_ms: int) -> None:
    old = keyed_request.c.claimed_ms < now_ms - KEPT_MS
    connection.execute(delete(keyed_request).where(old))
