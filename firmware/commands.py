"""What a device is told to do, each obeyed once, whatever is redelivered and whenever power goes.

It is noted before it is obeyed, so a command that power cut short is not obeyed again either.
"""

import json
import struct

MEASURE, LOCATE, REBOOT = "measure", "locate", "reboot"
_KNOWN = (MEASURE, LOCATE, REBOOT)
_FILE = "command"
_FORMAT = "<IB"
_FORMAT_BYTES = 5
_LARGEST_ID = 0x7FFFFFFF
ANSWERS = ("none", "done", "expired", "unknown")
_DONE, _EXPIRED, _UNKNOWN = 1, 2, 3


class Commands:
    """`wanted` is to be done in this wake; `answers` are (id, word) for the status."""

    def __init__(self, flash, notes):
        self._flash = flash
        self._notes = notes
        self.wanted = []
        self.answers = []

    def hear(self, messages, now_s):
        """What came, oldest first; `now_s` is 0 where nobody knows: then nothing is too old."""
        self._remember()
        for message in messages:
            number, what, until_s = _read(message)
            if number > self._notes["command"]:
                self._answer(number, _judged(what, until_s, now_s), what)

    def said(self):
        """The answers of this wake, else the last one there was."""
        notes = self._notes
        if not self.answers and notes["command"]:
            return [(notes["command"], ANSWERS[notes["answer"]])]
        return self.answers

    def _answer(self, number, answer, what):
        self._notes["command"], self._notes["answer"] = number, answer
        try:
            self._flash.write(_FILE, struct.pack(_FORMAT, number, answer))
        except OSError:
            pass  # RTC memory knows it
        self.answers.append((number, ANSWERS[answer]))
        if answer == _DONE:
            self.wanted.append(what)

    def _remember(self):
        told = self._flash.read(_FILE) if not self._notes["command"] else None
        if told and len(told) == _FORMAT_BYTES:
            number, answer = struct.unpack(_FORMAT, told)
            self._notes["command"], self._notes["answer"] = number, min(answer, _UNKNOWN)


def _judged(what, until_s, now_s):
    if what not in _KNOWN:
        return _UNKNOWN
    return _EXPIRED if now_s and until_s and now_s > until_s else _DONE


def _read(message):
    """Id, name and last second of a command; (0, None, 0) where it is none."""
    try:
        told = json.loads(message)
        number, what, until_s = told["id"], told["do"], told.get("until", 0)
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, None, 0
    if type(number) is not int or not 0 < number <= _LARGEST_ID or type(until_s) is not int:
        return 0, None, 0
    return number, what, until_s
