"""A network that a scenario can break in finer ways: after so many bytes, or into tiny pieces."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from tests.proxy import READ_BYTES, Proxy

if TYPE_CHECKING:
    import random


class Network(Proxy):
    """A `Proxy` that also resets in the middle of a packet, and dribbles."""

    def __init__(self, to_port: int) -> None:
        """Take where it leads; it does no harm yet."""
        super().__init__(to_port)
        self.pieces: random.Random | None = None
        """Draws how small the pieces are; None lets everything through at once."""
        self._left: int | None = None

    def cut_after(self, count: int | None) -> None:
        """Reset every connection once so many more bytes have gone through; None: never."""
        self._left = count

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(READ_BYTES):
                if self._flowing.is_set():
                    await self._pass_on(data, sink)
        if self._flowing.is_set():
            sink.close()
            self._writers.discard(sink)

    async def _pass_on(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        if self._left is not None:
            passes, self._left = data[: self._left], self._left - len(data)
            sink.write(passes)
            await sink.drain()
            if self._left <= 0:
                self._left = None
                await asyncio.sleep(0.002)  # what passed is on the wire before the reset
                self.cut()
            return
        pieces = self.pieces
        if pieces is None:
            sink.write(data)
            await sink.drain()
            return
        while data:
            size = pieces.randint(1, 9)
            piece, data = data[:size], data[size:]
            sink.write(piece)
            await sink.drain()
            await asyncio.sleep(0)
