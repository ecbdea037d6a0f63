"""What the sensors' drivers make of good echoes, and of every way they lie."""

import pytest

from firmware.sensing.fault import Fault
from firmware.sensing.frames import A02Frames
from firmware.sensing.measure import measure
from firmware.sensing.pulse import PulseSensor
from firmware.sensing.sound import distance_mm
from jemput.reading import Quality
from tests.firmware import interpreter
from tests.firmware.desk import sensing_cases
from tests.firmware.desk.clock import DeskClock
from tests.firmware.desk.pins import EchoPins

ON_THE_BOARD = "from tests.firmware.desk import sensing_cases; print(sensing_cases.run())"


def test_every_scripted_sensor_is_read_as_it_should() -> None:
    assert sensing_cases.run() == []


def test_micropython_reads_them_the_same() -> None:
    assert interpreter.said("-c", ON_THE_BOARD) == "[]\n"


def test_the_host_knows_every_quality_a_driver_says() -> None:
    said = {case[3]["quality"] for case in sensing_cases.PULSES.values()}

    assert said == {quality.value for quality in Quality}


@pytest.mark.parametrize("temperature_c", range(-20, 61, 5))
def test_compensation_in_whole_numbers_is_that_of_physics(temperature_c: int) -> None:
    for echo_us in (120, 1_200, 5_803, 23_000, 37_999):
        exact = echo_us * (331.3 + 0.606 * temperature_c) / 2_000

        assert abs(distance_mm(echo_us, temperature_c) - exact) <= 0.5 + 1e-9


def test_a_pin_still_high_from_the_last_ping_is_not_taken_for_an_echo() -> None:
    clock = DeskClock()
    pins = EchoPins(clock, [-150, 5803])
    sensor = PulseSensor(pins.trigger, pins.echo, pins.time_pulse_us, clock)

    with pytest.raises(Fault, match="no_echo"):
        sensor.ping(22)

    assert sensor.ping(22) == 1000


def test_a_stuck_line_is_not_asked_to_the_end() -> None:
    clock = DeskClock()
    pins = EchoPins(clock, [-10_000_000])
    sensor = PulseSensor(pins.trigger, pins.echo, pins.time_pulse_us, clock)
    measured = measure(sensor, 9, 200)

    assert measured["quality"] == "stuck_echo"
    assert pins.triggers == 1
    assert clock.ticks_ms() < 2_500


def test_a_frame_survives_whatever_comes_before_it() -> None:
    for noise in range(256):
        frames = A02Frames()
        found = [frames.feed(byte) for byte in bytes([noise]) + b"\xff\x03\xe8\xea" * 3]

        assert 1000 in found, noise
