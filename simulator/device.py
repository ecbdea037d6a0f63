"""The node: what a device does at one wake.

    measure ─▶ keep ─▶ send what is due ─▶ sleep
                 ▲                           │
                 └── forget what the application acknowledged

A reading is kept until the application acknowledgement covers it. It is sent until a
PUBACK comes, and again only if the acknowledgement is hours late.
"""

import json
import statistics
from collections import deque
from dataclasses import dataclass
from typing import Any

from firmware import payload
from simulator.board import Board, Kept

_BOOT_BITS, _BOOT_MASK = 15, 2**32 - 1
_LOOSE_MM = 100
_TILTED_DEG = 20
_MOST_DOUBLINGS = 2
_MOST_BOOTS = 16  # a message names no more


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """How a node is set up: it keeps at most `keep` readings and sends at most `batch` at once."""

    site: str
    device: str
    blind_mm: int
    pings: int
    keep: int
    batch: int
    resend_after_wakes: int


class Node:
    """One device on a board."""

    def __init__(self, board: Board, settings: NodeSettings) -> None:
        self._board = board
        self._settings = settings
        self._topic = payload.reading_topic(settings.site, settings.device)

    async def wake(self) -> None:
        """Measure once, keep it, and send everything that is due."""
        self._forget()
        self._keep(self._measure())
        await self._send()

    def _measure(self) -> dict[str, Any]:
        board, memory = self._board, self._board.memory
        if memory.boot is None:
            self._draw_boot()
        memory.seq += 1
        at_s, clock = board.now()
        echoes = [
            mm for mm in (board.echo_mm() for _ in range(self._settings.pings)) if mm is not None
        ]
        tilt_deg = board.tilt_deg()
        reading = {
            "boot": memory.boot,
            "seq": memory.seq,
            "at": at_s,
            "clock": clock,
            "quality": self._quality(echoes, tilt_deg),
            "echoes": len(echoes),
            "spread_mm": max(echoes) - min(echoes) if echoes else 0,
            "temperature_c": board.temperature_c(),
            "battery_mv": board.battery_mv(),
            "rssi_dbm": board.rssi_dbm(),
            "tilt_deg": tilt_deg,
        }
        if reading["quality"] in payload.MEASURED:
            reading["distance_mm"] = statistics.median_low(echoes)
        return reading

    def _draw_boot(self) -> None:
        """A boot nobody had: the flash counter, and bits of chance for an erased flash."""
        memory = self._board.memory
        memory.boots += 1
        chance = self._board.random_bits(_BOOT_BITS)
        memory.boot = max(1, (memory.boots << _BOOT_BITS | chance) & _BOOT_MASK)

    def _quality(self, echoes: list[int], tilt_deg: int) -> str:
        if tilt_deg >= _TILTED_DEG:
            return "tilted"
        if 2 * len(echoes) <= self._settings.pings:
            return "no_echo"
        if statistics.median_low(echoes) <= self._settings.blind_mm:
            return "blind"
        return "unstable" if max(echoes) - min(echoes) > _LOOSE_MM else "ok"

    def _keep(self, reading: dict[str, Any]) -> None:
        memory = self._board.memory
        for kept in memory.kept:
            kept.rest_wakes -= 1
        memory.kept.append(Kept(reading))
        while len(memory.kept) > self._settings.keep or len(self._first_kept()) > _MOST_BOOTS:
            memory.kept.popleft()
            memory.overwritten += 1

    def _forget(self) -> None:
        memory = self._board.memory
        for ack in self._board.take_acks():
            upto = _upto(ack)
            memory.kept = deque(kept for kept in memory.kept if kept.seq > upto.get(kept.boot, 0))

    async def _send(self) -> None:
        """Oldest first; the first message without a PUBACK says that the link is down."""
        due = [kept for kept in self._board.memory.kept if kept.rest_wakes <= 0]
        for start in range(0, len(due), self._settings.batch):
            batch = due[start : start + self._settings.batch]
            if not await self._board.publish(self._topic, self._message(batch)):
                return
            for kept in batch:
                self._delivered(kept)

    def _message(self, batch: list[Kept]) -> bytes:
        first = sorted(self._first_kept().items())
        message: bytes = payload.encode_message([kept.reading for kept in batch], first)
        return message

    def _first_kept(self) -> dict[int, int]:
        first: dict[int, int] = {}
        for kept in self._board.memory.kept:
            first.setdefault(kept.boot, kept.seq)
        return first

    def _delivered(self, kept: Kept) -> None:
        """The broker has it. Should no acknowledgement follow, it goes again, ever more rarely."""
        doublings = min(kept.delivered, _MOST_DOUBLINGS)
        kept.rest_wakes = self._settings.resend_after_wakes * 2**doublings
        kept.delivered += 1


def _upto(ack: bytes) -> dict[int, int]:
    """What an acknowledgement covers, per boot; nothing where it cannot be read."""
    try:
        return {int(boot): int(seq) for boot, seq in json.loads(ack)["upto"]}
    except (ValueError, KeyError, TypeError):
        return {}
