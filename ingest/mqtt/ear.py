"""An ear is one link after another; what a link is made of is its own affair."""

import secrets
from collections.abc import Sequence
from typing import ClassVar

from ingest.hearing import Owner, Receipt
from ingest.mqtt.link import Link
from ingest.mqtt.relinking import Pace, Relinking
from ingest.mqtt.session import Address, Session


class LinkedEar:
    """An `ingest.hearing.Ear` that holds one link at a time."""

    new_link: ClassVar[type[Link]]

    def __init__(
        self, address: Address, session: Session, owner: Owner, pace: Pace | None = None
    ) -> None:
        """Take where, what to hear, and whom to tell; nothing is connected yet."""
        self._address = address
        self._session = session
        self._owner = owner
        self._relinking = Relinking(pace or Pace(), owner.on_trouble)
        self._link: Link | None = None
        # Drawn, so that no receipt of another ear's fits a link of this one.
        self._generation = secrets.randbits(48)
        self._known = False

    async def listen(self) -> None:
        """See `Ear.listen`."""
        await self._relinking.run(self._one_link, self._owner.may_connect)

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """See `Ear.acknowledge`."""
        if self._link:
            self._link.acknowledge(receipts)

    async def close(self) -> None:
        """See `Ear.close`."""
        await self._relinking.stop()

    async def _one_link(self) -> None:
        self._generation += 1
        link = self._link = self.new_link(
            self._address,
            self._session,
            self._owner,
            generation=self._generation,
            resumes=self._known,
        )
        try:
            await link.connect()
            await link.ended
        finally:
            self._link = None
            await self._take_leave(link)

    async def _take_leave(self, link: Link) -> None:
        try:
            await link.leave()
        finally:
            if link.was_up:
                self._known = True
                self._owner.on_link(up=False)
