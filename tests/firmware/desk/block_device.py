"""A flash chip in RAM that loses its power at an operation of one's choice. MicroPython only."""

BLOCK = 4096
COUNT, SIZE, ERASE = 4, 5, 6


class PowerCut(Exception):  # noqa: N818 - it is one
    """There is no power any more."""


class FlashChip:
    """Power goes at the operation (erase or write) `cut_at`; `eighths` of that one are done."""

    def __init__(self, blocks: int) -> None:
        self.data = bytearray(b"\xff" * (blocks * BLOCK))
        self.blocks = blocks
        self.operations = 0
        self.cut_at = -1
        self.eighths = 0

    def copy(self) -> "FlashChip":
        """The same content under new power."""
        other = FlashChip(self.blocks)
        other.data[:] = self.data
        return other

    def readblocks(self, block: int, buffer: bytearray, offset: int = 0) -> None:
        """As LittleFS asks."""
        at = block * BLOCK + offset
        buffer[:] = self.data[at : at + len(buffer)]

    def writeblocks(self, block: int, buffer: bytes, offset: int = 0) -> None:
        """Program what was erased before."""
        self._change(block * BLOCK + offset, buffer)

    def ioctl(self, operation: int, argument: int) -> int:
        """4: how many blocks; 5: bytes of a block; 6: erase one."""
        if operation == COUNT:
            return self.blocks
        if operation == SIZE:
            return BLOCK
        if operation == ERASE:
            self._change(argument * BLOCK, b"\xff" * BLOCK)
        return 0

    def _change(self, at: int, data: bytes) -> None:
        self.operations += 1
        if self.cut_at < 0 or self.operations < self.cut_at:
            self.data[at : at + len(data)] = data
            return
        done = len(data) * self.eighths // 8 if self.operations == self.cut_at else 0
        self.data[at : at + done] = data[:done]
        raise PowerCut
