"""Claims of devices: heard only while somebody may ask, and never written anywhere as they came."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ingest.hearing import Ear, Heard, Owner
from ingest.waiting import first_of
from jemput.broker.hashing import hashed
from jemput.claim import ClaimError, decode
from jemput.store.claims import Claims
from jemput.topics import parse

LOOK_S: Final = 5.0
AWAY_S: Final = 2.0
"""How long a database that does not answer is left alone."""
_log: Final = structlog.get_logger(__name__)


class ClaimDesk:
    """Takes what devices ask, one after the other. `make_ear` makes an ear of an owner."""

    def __init__(
        self, claims: Claims, now_ms: Callable[[], int], make_ear: Callable[[Owner], Ear]
    ) -> None:
        """Take the claims, real time, and how to hear them; nothing is connected yet."""
        self._claims = claims
        self._now_ms = now_ms
        self._make_ear = make_ear

    async def run(self, quiet: asyncio.Event, look_s: float = LOOK_S) -> None:
        """Listen while a device may ask, until `quiet`. Raises only what the ear raises."""
        while not quiet.is_set():
            if await self._is_open():
                await self._listen(quiet, look_s)
            await first_of(quiet, timeout_s=look_s)

    async def _is_open(self) -> bool:
        try:
            return await asyncio.to_thread(self._claims.open, self._now_ms())
        except SQLAlchemyError as error:
            _log.warning("claims_wait", problem=str(error))
            return False

    async def _listen(self, quiet: asyncio.Event, look_s: float) -> None:
        asked: asyncio.Queue[Heard] = asyncio.Queue()

        def take(heard: list[Heard]) -> None:
            for one in heard:
                asked.put_nowait(one)

        ear = self._make_ear(Owner(take, _mind_no_link))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(ear.listen(), name="claims ear")
            answering = tasks.create_task(self._answer(ear, asked), name="claims")
            while not quiet.is_set() and await self._is_open():
                await first_of(quiet, timeout_s=look_s)
            answering.cancel()
            await ear.close()

    async def _answer(self, ear: Ear, asked: "asyncio.Queue[Heard]") -> None:
        while True:
            one = await asked.get()
            while not await self._settle(one):
                pass
            ear.acknowledge([one.receipt])

    async def _settle(self, one: Heard) -> bool:
        """Whether it is done with: granted, or not to be taken. False where it has to wait."""
        where = parse(one.topic)
        if where is None or where.kind != "claim" or one.retained:
            _log.warning("claim_not_taken", topic=one.topic, problem="wrong topic, or retained")
            return True
        try:
            hashes = hashed(decode(one.payload))
            granted = await asyncio.to_thread(
                self._claims.grant, where.device, hashes, now_ms=self._now_ms()
            )
        except ClaimError as error:
            _log.warning("claim_not_taken", device=where.device, problem=str(error))
        except SQLAlchemyError as error:
            _log.warning("claims_wait", problem=type(error).__name__)
            await asyncio.sleep(AWAY_S)
            return False
        else:
            told = _log.info if granted else _log.warning
            told("claimed" if granted else "claim_not_allowed", device=where.device)
        return True


def _mind_no_link(*, up: bool) -> None:
    """Nothing hangs on it: a device asks again."""
