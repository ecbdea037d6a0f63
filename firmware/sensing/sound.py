"""How far sound went, in whole numbers: a board's floats have 24 bits."""

ASSUMED_C = 28  # under a lid in the lowlands, where nothing measures it
COLDEST_C, HOTTEST_C = -40, 85


def distance_mm(echo_us, temperature_c=None):
    """Millimetres to what threw the echo back; `echo_us` is the way there and back.

    Sound runs 331,300 + 606 T millimetres a second at T degrees: at 45 degrees a fixed 343 m/s
    would read a gap of a metre 43 mm too short. A temperature that no lid has is not believed.
    """
    if temperature_c is None or not COLDEST_C <= temperature_c <= HOTTEST_C:
        temperature_c = ASSUMED_C
    return (echo_us * (331_300 + 606 * temperature_c) + 1_000_000) // 2_000_000
