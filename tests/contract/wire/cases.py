"""What a device measured, by the name of the golden file it must become."""

from typing import Any, Final

Case = tuple[list[dict[str, Any]], list[tuple[int, int]]]
"""Readings as the firmware holds them, and its `kept` pairs."""

BOOT: Final = 98_305
AT: Final = 1_790_000_000


def plain(seq: int, distance_mm: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """A measurement without fault, `seq` quarter hours after the first."""
    return {
        "boot": BOOT,
        "seq": seq,
        "at": AT + 900 * (seq - 1),
        "clock": "ntp",
        "quality": "ok",
        "distance_mm": distance_mm,
        "echoes": 9,
        "spread_mm": 4,
        **other,
    }


HEALTH: Final = {"temperature_c": 31, "battery_mv": 3871, "rssi_dbm": -71, "tilt_deg": 2}

CASES: Final[dict[str, Case]] = {
    "single": ([plain(1, 842, **HEALTH)], [(BOOT, 1)]),
    "batch": (
        [plain(7, 640), plain(8, 612, quality="unstable", echoes=3, spread_mm=85), plain(9, 598)],
        [(BOOT, 7)],
    ),
    # What the sensor said stands here, and must not reach the wire: a fault is no distance.
    "fault": ([plain(2, 4000, quality="no_echo", echoes=0, spread_mm=0, tilt_deg=0)], [(BOOT, 2)]),
    "blind": ([plain(3, 180, quality="blind", temperature_c=-4)], [(BOOT, 3)]),
    "many-boots": (
        [
            plain(40, 500, boot=65_549),
            plain(1, 510, clock="none", at=12),
            plain(2**31 - 1, 20_000, boot=2**32 - 1, clock="rtc", at=2**32 - 1, echoes=255),
        ],
        [(65_549, 40), (BOOT, 1), (2**32 - 1, 2**31 - 1)],
    ),
    # A board gives None for what it cannot measure; zero is a value.
    "unfitted": ([plain(4, 0, temperature_c=None, battery_mv=None, rssi_dbm=0)], [(BOOT, 4)]),
}
