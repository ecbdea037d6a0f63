"""Bytes to messages, however the network cut them. Pure; no I/O.

One socket read may hold hundreds of packets, or a byte of one. `feed` takes it whole
and reads all that is complete in one loop; the rest waits, and is joined only once enough
is there, so that a packet sent byte by byte costs no more than its length.
"""

from typing import Final

from ingest.hearing import Heard
from ingest.mqtt.errors import ProtocolViolationError
from ingest.mqtt.packets import (
    ANSWERS,
    MAX_CONTROL_BYTES,
    MAX_TOPIC_BYTES,
    PUBLISH,
    Control,
    read_control,
    read_publish,
)

_KIND: Final = 0xF0
_MORE: Final = 0x80
_SEVEN_BITS: Final = 0x7F
_SHORTEST: Final = 2
_MAX_LENGTH_BYTES: Final = 4


class Decoder:
    """Reads the packets of one connection. Of no use after it raised."""

    def __init__(self, generation: int, max_payload_bytes: int) -> None:
        """Take what goes into every receipt, and from where on a payload is cut."""
        self._generation = generation
        self._max_payload_bytes = max_payload_bytes
        # All that is kept of a packet: what is longer can only be a payload to be cut.
        self._longest = 2 + MAX_TOPIC_BYTES + 2 + max_payload_bytes + 1
        self._parts: list[bytes] = []
        self._have = 0
        self._need = 0
        self._skip = 0
        self._cut: list[Heard] = []

    def feed(self, data: bytes, heard: list[Heard]) -> list[Control]:
        """Append to `heard` what is complete, and return the other packets.

        Raises `ProtocolViolationError`; what came before the violation is in `heard`.
        """
        if self._skip or self._parts:
            data = self._resume(data, heard)
        control: list[Control] = []
        generation, longest, limit = self._generation, self._longest, self._max_payload_bytes
        at, end, need = 0, len(data), _SHORTEST
        while at + _SHORTEST <= end:
            first, size, body = data[at], data[at + 1], at + 2
            if size >= _MORE:
                if body < end and data[body] < _MORE:  # two bytes: nearly every reading
                    size, body = size & _SEVEN_BITS | data[body] << 7, body + 1
                else:
                    size, body = _length(data, at + 1)
            after = body + min(size, longest)
            if after > end:
                need = after - at
                _check_worth_waiting(first, size)
                break
            if first & _KIND == PUBLISH:
                heard.append(read_publish(first, data[body:after], generation, limit))
            else:
                control.append(read_control(first, data[body:after]))
            at = after
            if size > longest:
                at += self._skip_rest(size - longest, end - at, heard)
        self._keep(data[at:], need)
        return control

    def _keep(self, part: bytes, need: int) -> None:
        if part:
            self._parts, self._have, self._need = [part], len(part), need

    def _skip_rest(self, surplus: int, available: int, heard: list[Heard]) -> int:
        """Pass over what is left of a packet that was cut; it is heard once all of it came."""
        if available >= surplus:
            return surplus
        self._skip = surplus - available
        self._cut.append(heard.pop())
        return available

    def _resume(self, data: bytes, heard: list[Heard]) -> bytes:
        """Put `data` behind what waits. Empty while that is not enough to go on."""
        if self._skip:
            passed = min(self._skip, len(data))
            self._skip -= passed
            if self._skip:
                return b""
            heard.append(self._cut.pop())
            return data[passed:]
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._need:
            return b""
        joined = b"".join(self._parts)
        self._parts = []
        return joined


def _length(data: bytes, at: int) -> tuple[int, int]:
    """The remaining length at `at` and where the body starts; while cut off, behind the end."""
    size = 0
    for place, byte in enumerate(data[at : at + _MAX_LENGTH_BYTES]):
        size |= (byte & _SEVEN_BITS) << 7 * place
        if byte < _MORE:
            return size, at + place + 1
    if len(data) - at >= _MAX_LENGTH_BYTES:
        raise ProtocolViolationError("a packet whose length takes more than four bytes")
    return 0, len(data) + 1


def _check_worth_waiting(first: int, size: int) -> None:
    """Refuse to wait for the rest of what is none of ours, else it looks like a silent broker."""
    if first & _KIND != PUBLISH and (first not in ANSWERS or size > MAX_CONTROL_BYTES):
        raise ProtocolViolationError(f"a packet 0x{first:02x} of {size} bytes, out of place here")
