"""The simulated board: what a radio's fate does to a message, to the tally and to the clock."""

import dataclasses
import json
from dataclasses import dataclass, field

import pytest

from firmware import payload
from simulator.board import Memory
from simulator.chance import chance
from simulator.radio import Outages, Radio
from simulator.scenario import load
from simulator.sensor import Sensor, draw_habits
from simulator.sim_board import SimBoard
from simulator.tally import Published, Tally
from simulator.town import Town

TOWN = load("quiet-week")
START_S = 1_763_949_600
READING = {
    "boot": 1,
    "seq": 1,
    "at": START_S,
    "clock": "ntp",
    "quality": "no_echo",
    "echoes": 0,
    "spread_mm": 0,
}
MESSAGE = payload.encode_message([READING, READING | {"seq": 2}], [(1, 1)])


@dataclass
class PaperLink:
    """A broker that takes everything, or nothing."""

    up: bool = True
    taken: list[bytes] = field(default_factory=list)

    async def publish(self, topic: str, payload: bytes) -> bool:
        assert topic == "t"
        if self.up:
            self.taken.append(payload)
        return self.up

    def take_acks(self) -> list[bytes]:
        return [b"ack"]


def board(*, resets_per_year: float = 0, **radio: float) -> tuple[SimBoard, PaperLink, Tally]:
    """The first bin's board on a paper link; by default nothing goes wrong."""
    plan = dataclasses.replace(TOWN.radio, **radio)  # type: ignore[arg-type]  # only numbers
    link, tally = PaperLink(), Tally()
    sensor = Sensor(chance("s"), TOWN.sensor, draw_habits(chance("h"), TOWN.sensor))
    made = SimBoard(
        rng=chance("b"),
        bin=TOWN.bins[0],
        town=Town(TOWN, START_S),
        sensor=sensor,
        radio=Radio(chance("r"), plan, Outages(chance("n"), plan.network_outages, 0), 0),
        link=link,
        memory=Memory(boot=1, seq=7),
        tally=tally,
        start_s=START_S,
        resets_per_year=resets_per_year,
    )
    return made, link, tally


async def test_what_arrives_is_counted_once() -> None:
    made, link, tally = board()

    assert await made.publish("t", MESSAGE)
    assert link.taken == [MESSAGE]
    assert (tally.messages_published, tally.readings_published) == (1, 2)
    assert (tally.duplicates_sent, tally.lost_on_air) == (0, 0)


async def test_what_is_lost_never_reaches_the_broker() -> None:
    made, link, tally = board(loss_low=1, loss_high=1, ack_loss_share=0)

    assert not await made.publish("t", MESSAGE)
    assert link.taken == []
    assert (tally.readings_published, tally.lost_on_air) == (0, 1)


async def test_a_lost_puback_is_a_message_that_arrived_and_is_sent_again() -> None:
    made, link, tally = board(loss_low=1, loss_high=1, ack_loss_share=1)

    assert not await made.publish("t", MESSAGE)
    assert not await made.publish("t", MESSAGE)
    assert link.taken == [MESSAGE, MESSAGE]
    assert (tally.readings_published, tally.duplicates_sent, tally.puback_lost) == (2, 2, 2)


async def test_a_doubled_frame_arrives_twice() -> None:
    made, link, tally = board(duplicate_share=1)

    assert await made.publish("t", MESSAGE)
    assert link.taken == [MESSAGE, MESSAGE]
    assert (tally.readings_published, tally.duplicates_sent) == (2, 2)
    assert tally.messages_published == 2


async def test_without_a_broker_nothing_is_published() -> None:
    made, link, tally = board()
    link.up = False

    assert not await made.publish("t", MESSAGE)
    assert tally == Tally()


async def test_after_a_power_cut_the_clock_is_unset_until_the_network_answers() -> None:
    made, link, _ = board(resets_per_year=1e9)
    made.begin(START_S + 600)

    assert made.memory.boot is None
    assert made.now() == (600, "none")

    link.up = False
    await made.publish("t", MESSAGE)
    assert made.now()[1] == "none"

    link.up = True
    await made.publish("t", MESSAGE)
    assert made.now() == (START_S + 600, "ntp")


def test_a_board_that_never_resets_keeps_its_boot() -> None:
    made, _, _ = board()
    for turn in range(1000):
        made.begin(START_S + 600 * turn)

    assert made.memory.boot == 1


def test_the_sensor_sees_the_bin_of_the_town() -> None:
    made, _, _ = board()
    made.begin(START_S)
    before = made.echo_mm()
    made.town.empty(TOWN.bins[0].id, START_S + 60, 0)
    made.begin(START_S + 60)

    assert before == pytest.approx(TOWN.bins[0].distance_mm(TOWN.bins[0].start_percent), abs=60)
    assert made.echo_mm() == pytest.approx(TOWN.bins[0].empty_mm, abs=60)


def test_every_sense_fits_the_wire() -> None:
    made, _, _ = board()
    made.begin(START_S)
    at_s, clock = made.now()
    senses = {
        "temperature_c": made.temperature_c(),
        "battery_mv": made.battery_mv(),
        "rssi_dbm": made.rssi_dbm(),
        "tilt_deg": made.tilt_deg(),
    }
    message = payload.encode_message([READING | senses | {"at": at_s, "clock": clock}], [(1, 1)])

    assert json.loads(message)["readings"][0].items() >= senses.items()


def test_published_knows_a_reading_again_in_any_order() -> None:
    published = Published()
    seqs = [1, 3, 2, 7, 3, 1, 4, 7, 5, 6]

    assert [published.add(1, seq) for seq in seqs] == [
        True, True, True, True, False, False, True, False, True, True,
    ]  # fmt: skip
    assert published.add(2, 1)
    assert published._above == {1: set(), 2: set()}
