"""Scripted sensors and what must be made of them, for both interpreters."""

from firmware.sensing.frames import A02Frames, MaxBotixFrames
from firmware.sensing.measure import measure
from firmware.sensing.pulse import PulseSensor
from firmware.sensing.serial import SerialSensor
from tests.firmware.desk.clock import WRAP, DeskClock
from tests.firmware.desk.pins import EchoPins
from tests.firmware.desk.uart import TimedUart

# An echo of 5803 us is a metre at 22 degrees, 1010 mm at the 28 that are assumed.
PULSES: dict[str, tuple[list[int], int | None, int | None, dict[str, object]]] = {
    "all agree": ([5803], 22, 0, {"quality": "ok", "distance_mm": 1000, "spread_mm": 0}),
    "warm air": ([5803], 45, 0, {"quality": "ok", "distance_mm": 1040}),
    "no thermometer": ([5803], None, 0, {"quality": "ok", "distance_mm": 1010}),
    "a thermometer of lies": ([5803], 127, 0, {"quality": "ok", "distance_mm": 1010}),
    "one misses": ([5803, 0, 5810], 22, 0, {"quality": "ok", "echoes": 6, "spread_mm": 1}),
    "one ghost": ([5803] * 8 + [2000], 22, 0, {"quality": "unstable", "distance_mm": 1000}),
    "too few": ([5803, 0, 0], 22, 0, {"quality": "no_echo", "echoes": 3}),
    "nothing comes back": ([0], 22, 0, {"quality": "no_echo", "echoes": 0, "spread_mm": 0}),
    "a clone that holds the pin": ([-200], 22, 0, {"quality": "no_echo", "echoes": 0}),
    "a clone that holds it once": (
        [-200, 5803, 5803],
        22,
        0,
        {"quality": "ok", "distance_mm": 1000},
    ),
    "a pin that never falls": ([-10_000_000], 22, 0, {"quality": "stuck_echo", "echoes": 0}),
    "nearer than it can tell": ([700], 22, 0, {"quality": "blind", "echoes": 9}),
    "lying on its side": ([5803], 22, 35, {"quality": "tilted", "echoes": 9}),
    "no tilt sensor": ([5803], 22, None, {"quality": "ok"}),
}

_A02 = b"\xff\x03\xe8\xea"  # 1000 mm
SERIAL: dict[str, tuple[type, bytes, bytes, dict[str, object]]] = {
    "a02": (A02Frames, _A02, b"", {"quality": "ok", "distance_mm": 1000, "echoes": 5}),
    "a02, old bytes": (A02Frames, _A02, b"\xff\x00\x64\x63" * 4, {"distance_mm": 1000}),
    "a02, head in data": (A02Frames, b"\xff\xff\xff\xfd", b"", {"quality": "no_echo"}),
    "a02, a lost byte": (A02Frames, b"\xff\x03\xe8" + _A02, b"", {"distance_mm": 1000}),
    "a02, a wrong sum": (A02Frames, b"\xff\x03\xe8\xeb", b"", {"quality": "no_echo"}),
    "a02, nothing seen": (A02Frames, b"\xff\x00\x00\xff", b"", {"quality": "no_echo"}),
    "a02, near": (A02Frames, b"\xff\x00\x1e\x1d", b"", {"quality": "blind"}),
    "a02, no target": (A02Frames, b"\xff\xff\xfd\xfb", b"", {"quality": "no_echo"}),
    "mb7389": (MaxBotixFrames, b"R1234\r", b"", {"quality": "ok", "distance_mm": 1234}),
    "mb7389, begun late": (MaxBotixFrames, b"34\rR1234\rR12", b"", {"distance_mm": 1234}),
    "mb7389, near": (MaxBotixFrames, b"R0300\r", b"", {"quality": "blind"}),
    "mb7389, no target": (MaxBotixFrames, b"R5000\r", b"", {"quality": "no_echo"}),
    "mb7389, letters": (MaxBotixFrames, b"R12x4\r", b"", {"quality": "no_echo"}),
    "mb7389, a bit turned": (MaxBotixFrames, b"R1234\rR9234\r", b"", {"quality": "no_echo"}),
    "babble": (MaxBotixFrames, b"\x00\xff", b"", {"quality": "no_echo"}),
    "a cut wire": (A02Frames, b"", b"", {"quality": "no_echo", "echoes": 0}),
}


NEAREST_MM: dict[type, int] = {A02Frames: 30, MaxBotixFrames: 300}


def run() -> list[str]:
    """Every case that came out otherwise."""
    return _pulses(0) + _pulses(WRAP - 500) + _serial()


def _pulses(start_ms: int) -> list[str]:
    found = []
    for name, (echoes_us, temperature_c, tilt_deg, wanted) in PULSES.items():
        clock = DeskClock(start_ms)
        pins = EchoPins(clock, echoes_us)
        sensor = PulseSensor(pins.trigger, pins.echo, pins.time_pulse_us, clock)
        got = measure(sensor, 9, 200, temperature_c, tilt_deg)
        found += _differences(name, got, wanted)
    return found


def _serial() -> list[str]:
    found = []
    for name, (frames, line, stale, wanted) in SERIAL.items():
        clock = DeskClock()
        sensor = SerialSensor(TimedUart(clock, line, stale), frames, clock)
        got = measure(sensor, 5, NEAREST_MM[frames])
        found += _differences(name, got, wanted)
    return found


def _differences(name: str, got: dict[str, object], wanted: dict[str, object]) -> list[str]:
    fault = got["quality"] not in ("ok", "unstable")
    found = [f"{name}: a fault with a distance: {got}"] if fault and "distance_mm" in got else []
    if any(got.get(key) != value for key, value in wanted.items()):
        found.append(f"{name}: {got}, not {wanted}")
    return found
