"""All devices of a town, each with its own connection, on one loop and one clock.

alarm ─▶ SimBoard.begin ─▶ Node.wake ─▶ radio ─▶ BrokerLink ─▶ broker
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from firmware import payload
from simulator.board import Memory
from simulator.broker_link import BrokerLink
from simulator.chance import chance
from simulator.clock import TownClock
from simulator.device import Node, NodeSettings
from simulator.radio import Outages, Radio
from simulator.run import Run
from simulator.sensor import Sensor, draw_habits
from simulator.sim_board import SimBoard
from simulator.tally import Tally
from simulator.town import Town
from simulator.town_plan import Scenario, SimBin

_BOOTS_BEGAN_S = 1_767_225_600  # 2026-01-01; from there an hour counts as one power cut
_MOST_BOOTS = 2**17
_KNOCKING_AT_ONCE = 6
_JITTER = 0.02  # of the cadence: clocks of cheap boards


class DeviceLink(BrokerLink):
    """The connection of one device; it keeps the acknowledgements until the node asks."""

    def __init__(self, run: Run, device: str, door: asyncio.Semaphore) -> None:
        topic = payload.ack_topic(run.scenario.site.id, device)
        self._acks: deque[bytes] = deque(maxlen=8)
        super().__init__(run.device_access(device), topic, self._acks.append, door)

    def take_acks(self) -> list[bytes]:
        """The last application acknowledgements since the last call."""
        acks = list(self._acks)
        self._acks.clear()
        return acks


class Waking(Protocol):
    """A node, ours or the firmware's own: all that the fleet asks of it."""

    async def wake(self) -> None:
        """Measure, send what is due, and sleep again."""


@dataclass(slots=True)
class Device:
    """One device of the fleet, with what moves it."""

    node: Waking
    board: SimBoard
    link: DeviceLink
    clock: TownClock
    rng: random.Random
    cadence_s: int

    async def live(self, stop: asyncio.Event, after_wake: Callable[[], None]) -> None:
        """Wake once a cadence, spread over it, until `stop`; a wake that began is finished."""
        offset_s = self.board.start_s + self.rng.random() * self.cadence_s
        turn = 0
        while await self.clock.reached(self._alarm_s(offset_s, turn), stop):
            now_s = self.clock.now_s()
            self.board.begin(now_s)
            await self.node.wake()
            after_wake()
            turn = max(turn, int((self.clock.now_s() - offset_s) // self.cadence_s)) + 1

    def _alarm_s(self, offset_s: float, turn: int) -> float:
        return offset_s + (turn + self.rng.uniform(0, _JITTER)) * self.cadence_s


class Fleet:
    """The devices of a run."""

    def __init__(self, run: Run, town: Town, clock: TownClock, tally: Tally) -> None:
        self._run = run
        self._town = town
        self._clock = clock
        self._tally = tally
        self._door = asyncio.Semaphore(_KNOCKING_AT_ONCE)
        scenario = run.scenario
        silences = chance(scenario.seed, "network")
        self._network = Outages(silences, scenario.radio.network_outages, run.start_s)
        self._devices = [self._device(bin_) for bin_ in scenario.bins]

    async def connected(self) -> None:
        """Return once every device has reached the broker."""
        for device in self._devices:
            await device.link.connected.wait()

    async def live(self, stop: asyncio.Event) -> None:
        """Run every device until `stop`, then hang up."""
        async with asyncio.TaskGroup() as links:
            running = [
                links.create_task(device.link.run(), name=f"link {device.board.bin.device}")
                for device in self._devices
            ]
            async with asyncio.TaskGroup() as nodes:
                for device in self._devices:
                    nodes.create_task(
                        device.live(stop, self._look_at_memories),
                        name=f"device {device.board.bin.device}",
                    )
            for task in running:
                task.cancel()

    def _device(self, bin_: SimBin) -> Device:
        scenario, device = self._run.scenario, bin_.device
        link = DeviceLink(self._run, device, self._door)
        board = self._board(bin_, link)
        return Device(
            node=Node(board, _settings(scenario, bin_)),
            board=board,
            link=link,
            clock=self._clock,
            rng=chance(scenario.seed, "alarm", device),
            cadence_s=bin_.cadence_s,
        )

    def _board(self, bin_: SimBin, link: DeviceLink) -> SimBoard:
        run, scenario = self._run, self._run.scenario
        seed, device = scenario.seed, bin_.device
        sensing = chance(seed, "sensor", device)
        habits = draw_habits(sensing, scenario.sensor)
        sending = chance(seed, "radio", device)
        return SimBoard(
            # Boots need other bits in every run, or its readings would be taken for known ones.
            rng=chance(seed, "board", device, run.start_s, run.anchor_wall_s),
            bin=bin_,
            town=self._town,
            sensor=Sensor(sensing, scenario.sensor, habits),
            radio=Radio(sending, scenario.radio, self._network, run.start_s),
            link=link,
            memory=Memory(boots=first_boot_count(run.anchor_wall_s)),
            tally=self._tally,
            start_s=run.start_s,
            resets_per_year=scenario.device.resets_per_year,
        )

    def _look_at_memories(self) -> None:
        memories = [device.board.memory for device in self._devices]
        self._tally.kept_now = sum(len(memory.kept) for memory in memories)
        self._tally.overwritten = sum(memory.overwritten for memory in memories)


def first_boot_count(anchor_wall_s: float) -> int:
    """A run is a new board under old credentials: its boots must follow those of earlier runs."""
    hours = int(max(0, anchor_wall_s - _BOOTS_BEGAN_S)) // 3600
    return hours % _MOST_BOOTS


def _settings(scenario: Scenario, bin_: SimBin) -> NodeSettings:
    plan = scenario.device
    return NodeSettings(
        site=scenario.site.id,
        device=bin_.device,
        blind_mm=bin_.blind_mm,
        pings=plan.pings,
        keep=plan.keep,
        batch=plan.batch,
        resend_after_wakes=plan.resend_after_wakes,
    )
