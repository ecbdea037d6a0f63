"""Names to addresses. The system's own resolver has no deadline, so this asks by itself."""

from firmware.net.stream import Broken
from firmware.net.udp import ask

_HEAD = 12
_ASKED_RECURSIVELY = b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
_A_IN = b"\x00\x01\x00\x01"
_POINTER = 0xC0
_IS_ANSWER, _CODE = 0x80, 0x0F
_ADDRESS_BYTES = 4


def resolve(name, server, chance, budget):
    """The first IPv4 address of `name`, in digits; what is digits already stays as it is.

    `server` is (address, port), `chance` 16 random bits. Raises as `udp.ask`.
    """
    if is_address(name):
        return name
    question = _question(name, chance)
    return ask(server, question, lambda answer: read_answer(question, answer), budget)


def is_address(name):
    """Whether `name` is an IPv4 address in digits."""
    parts = name.split(".")
    return len(parts) == _ADDRESS_BYTES and all(part.isdigit() for part in parts)


def read_answer(question, answer):
    """The first A record of an answer to `question`, or None where it is no such answer.

    Raises Broken where the answer is that there is none.
    """
    try:
        if answer[:2] != question[:2] or not answer[2] & _IS_ANSWER:
            return None
        if answer[3] & _CODE:
            raise Broken("no-such-name")
        at = len(question)
        for _ in range(answer[6] << 8 | answer[7]):
            at = _after_name(answer, at)
            size = answer[at + 8] << 8 | answer[at + 9]
            is_whole = len(answer) >= at + 10 + size
            if answer[at : at + 4] == _A_IN and size == _ADDRESS_BYTES and is_whole:
                return ".".join([str(byte) for byte in answer[at + 10 : at + 14]])
            at += 10 + size
    except IndexError:
        pass  # cut short
    return None


def _question(name, chance):
    question = bytes((chance >> 8 & 0xFF, chance & 0xFF)) + _ASKED_RECURSIVELY
    for label in name.split("."):
        question += bytes((len(label),)) + label.encode()
    return question + b"\x00" + _A_IN


def _after_name(answer, at):
    while answer[at] and answer[at] < _POINTER:
        at += 1 + answer[at]
    return at + (2 if answer[at] else 1)
