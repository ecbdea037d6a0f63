"""The time of day, from an NTP server, with a deadline. Needed before TLS: see its certificates."""

from firmware.net.udp import ask

_BYTES = 48
_CLIENT, _SERVER_MODE = 0x23, 4
_UNSYNCHRONISED = 16  # the stratum of who does not know the time
_FROM_1900 = 2_208_988_800
_EARLIEST = 1_735_689_600  # 2025: a server that says less has no time itself


def unix_seconds(server, chance, budget):
    """Now, by `server` = (address, port); `chance` is 32 random bits. Raises as `udp.ask`."""
    mark = b"jmpt" + bytes([chance >> shift & 0xFF for shift in (24, 16, 8, 0)])
    question = bytes((_CLIENT,)) + bytes(_BYTES - 9) + mark
    return ask(server, question, lambda answer: read_answer(mark, answer), budget)


def read_answer(mark, answer):
    """Unix seconds of an answer that repeats our mark, or None where it is none."""
    if len(answer) < _BYTES or answer[0] & 7 != _SERVER_MODE or not 0 < answer[1] < _UNSYNCHRONISED:
        return None
    if answer[24:32] != mark:
        return None
    seconds = answer[40] << 24 | answer[41] << 16 | answer[42] << 8 | answer[43]
    if seconds < _FROM_1900:
        seconds += 1 << 32  # since 2036
    now = seconds - _FROM_1900
    return now if now >= _EARLIEST else None
