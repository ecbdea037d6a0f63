"""What a device of the bench's town says, as admission takes it."""

from jemput.fold.admission import Heard
from jemput.payload import WireMessage, WireReading
from jemput.reading import Clock, Quality
from tests.bench.small.town import EMPTY_MM, device_of, percent_at


def heard(number: int, seq: int, at_s: int) -> Heard:
    """One healthy reading of a bin that fills."""
    reading = WireReading(
        boot=1,
        seq=seq,
        at=at_s,
        clock=Clock.NTP,
        quality=Quality.OK,
        distance_mm=EMPTY_MM - percent_at(number, at_s) * EMPTY_MM // 100,
        echoes=5,
        spread_mm=3,
        battery_mv=3900,
        temperature_c=31,
        rssi_dbm=-71,
        tilt_deg=2,
    )
    return Heard(device_of(number), WireMessage(1, (reading,), ((1, seq),)))
