"""The node on a board of paper: what it keeps, sends, forgets and says of itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain

import pytest

from jemput.payload import WireMessage, decode, encode_ack
from simulator.board import Memory
from simulator.device import Node, NodeSettings

SETTINGS = NodeSettings(
    site="s", device="d", blind_mm=200, pings=5, keep=100, batch=24, resend_after_wakes=6
)


@dataclass
class PaperBoard:
    """A board whose every sense is written down beforehand."""

    memory: Memory = field(default_factory=Memory)
    echoes: tuple[int | None, ...] = (1000, 1000, 1020, 1000, 980)
    tilt: int = 2
    link_up: Callable[[], bool] = lambda: True
    acks: list[bytes] = field(default_factory=list)
    sent: list[WireMessage] = field(default_factory=list)
    tried: int = 0
    pinged: int = 0

    def echo_mm(self) -> int | None:
        self.pinged += 1
        return self.echoes[(self.pinged - 1) % len(self.echoes)]

    def battery_mv(self) -> int:
        return 3600

    def temperature_c(self) -> int:
        return 29

    def rssi_dbm(self) -> int:
        return -112

    def tilt_deg(self) -> int:
        return self.tilt

    def now(self) -> tuple[int, str]:
        return 1_763_949_600 + 600 * self.pinged, "ntp"

    def random_bits(self, count: int) -> int:
        return (1 << count) - 1

    def take_acks(self) -> list[bytes]:
        acks, self.acks = self.acks, []
        return acks

    async def publish(self, topic: str, payload: bytes) -> bool:
        assert topic == "jemput/v1/s/d/reading"
        self.tried += 1
        if not self.link_up():
            return False
        self.sent.append(decode(payload))
        return True

    @property
    def seqs(self) -> list[list[int]]:
        """The sequences of each message that got through."""
        return [[reading.seq for reading in message.readings] for message in self.sent]


async def wakes(node: Node, count: int) -> None:
    """So many wakes, one after the other."""
    for _ in range(count):
        await node.wake()


async def test_a_wake_sends_one_reading_that_the_host_understands() -> None:
    board = PaperBoard()
    await Node(board, SETTINGS).wake()
    (reading,) = board.sent[0].readings

    assert (reading.boot, reading.seq) == ((1 << 15) + 2**15 - 1, 1)
    assert (reading.quality, reading.distance_mm) == ("ok", 1000)
    assert (reading.echoes, reading.spread_mm, reading.clock) == (5, 40, "ntp")
    assert (reading.temperature_c, reading.battery_mv) == (29, 3600)
    assert (reading.rssi_dbm, reading.tilt_deg) == (-112, 2)
    assert board.sent[0].kept == ((reading.boot, 1),)


async def test_what_was_delivered_is_kept_but_not_sent_at_the_next_wake() -> None:
    board = PaperBoard()
    await wakes(Node(board, SETTINGS), 4)

    assert board.seqs == [[1], [2], [3], [4]]
    assert board.sent[-1].kept == ((65_535, 1),)


async def test_it_forgets_what_the_application_acknowledged_and_no_more() -> None:
    board = PaperBoard()
    node = Node(board, SETTINGS)
    await wakes(node, 4)
    board.acks = [encode_ack([(65_535, 3), (7, 100)])]
    await node.wake()

    assert [kept.seq for kept in board.memory.kept] == [4, 5]
    assert board.sent[-1].kept == ((65_535, 4),)


@pytest.mark.parametrize(
    "ack", [b"", b"{}", b'{"upto":3}', b'{"upto":[[1]]}', b'{"upto":[["x",1]]}', b"\xff", b"[]"]
)
async def test_an_acknowledgement_nobody_can_read_forgets_nothing(ack: bytes) -> None:
    board = PaperBoard(acks=[ack])
    await Node(board, SETTINGS).wake()

    assert len(board.memory.kept) == 1


async def test_while_the_link_is_down_one_try_a_wake_and_everything_is_kept() -> None:
    board = PaperBoard(link_up=lambda: False)
    await wakes(Node(board, SETTINGS), 60)

    assert board.tried == 60
    assert len(board.memory.kept) == 60


async def test_after_an_outage_everything_comes_in_order_in_batches_of_24() -> None:
    up = False
    board = PaperBoard(link_up=lambda: up)
    node = Node(board, SETTINGS)
    await wakes(node, 60)
    up = True
    await node.wake()

    assert [len(seqs) for seqs in board.seqs] == [24, 24, 13]
    assert list(chain.from_iterable(board.seqs)) == list(range(1, 62))


async def test_a_link_that_breaks_in_a_backlog_ends_the_wake() -> None:
    answers = [False] * 30 + [True, False]
    board = PaperBoard(link_up=lambda: answers.pop(0))
    await wakes(Node(board, SETTINGS), 31)

    assert board.tried == 32
    assert board.seqs == [list(range(1, 25))]


async def test_without_an_acknowledgement_a_reading_goes_again_ever_more_rarely() -> None:
    board = PaperBoard()
    await wakes(Node(board, SETTINGS), 60)
    told = [wake for wake, seqs in enumerate(board.seqs, start=1) if 1 in seqs]

    assert told == [1, 7, 19, 43]


async def test_a_full_store_drops_the_oldest_and_counts() -> None:
    board = PaperBoard(link_up=lambda: False)
    await wakes(Node(board, SETTINGS), 103)

    assert board.memory.overwritten == 3
    assert [kept.seq for kept in board.memory.kept] == list(range(4, 104))


async def test_a_power_cut_draws_a_new_boot_and_what_is_on_flash_stays() -> None:
    up = False
    board = PaperBoard(link_up=lambda: up)
    node = Node(board, SETTINGS)
    await wakes(node, 3)
    first = board.memory.boot
    board.memory.lose_power()
    up = True
    await node.wake()
    second = board.memory.boot

    assert first is not None
    assert second is not None
    assert second > first
    assert board.sent[0].kept == ((first, 1), (second, 1))
    assert [(r.boot, r.seq) for r in board.sent[0].readings] == [
        (first, 1),
        (first, 2),
        (first, 3),
        (second, 1),
    ]


async def test_a_message_never_names_more_boots_than_the_wire_allows() -> None:
    board = PaperBoard(link_up=lambda: False)
    node = Node(board, SETTINGS)
    for _ in range(20):
        await wakes(node, 2)
        board.memory.lose_power()
    board.link_up = lambda: True
    await node.wake()

    assert len(board.sent[-1].kept) == 16
    assert board.memory.overwritten == 10


@pytest.mark.parametrize(
    ("echoes", "tilt", "quality", "distance_mm"),
    [
        ((1000, 1000, 1000, 1000, 1000), 0, "ok", 1000),
        ((1000, None, 1000, None, 1020), 0, "ok", 1000),
        ((1000, None, None, None, 1000), 0, "no_echo", None),
        ((None, None, None, None, None), 0, "no_echo", None),
        ((200, 200, 180, 200, 200), 0, "blind", None),
        ((220, 220, 220, 220, 220), 0, "ok", 220),
        ((1000, 600, 1000, 1000, 1000), 0, "unstable", 1000),
        ((1000, 1000, 1000, 1000, 1000), 40, "tilted", None),
    ],
)
async def test_a_fault_is_a_quality_and_never_a_distance(
    echoes: tuple[int | None, ...], tilt: int, quality: str, distance_mm: int | None
) -> None:
    board = PaperBoard(echoes=echoes, tilt=tilt)
    await Node(board, SETTINGS).wake()
    (reading,) = board.sent[0].readings

    assert (reading.quality, reading.distance_mm) == (quality, distance_mm)


def test_the_encoder_of_an_acknowledgement_is_the_one_the_node_reads() -> None:
    assert json.loads(encode_ack([(1, 2)])) == {"v": 1, "upto": [[1, 2]]}
