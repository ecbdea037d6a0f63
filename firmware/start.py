"""The first that runs: which of two applications to start, and back where a new one fails.

On a board it is `main.py` and is never updated, so it imports nothing of the application before
it has chosen. `slots` says which folder, `a` or `b`, has the application:

    good ──(an update is whole)──▶ on trial ──(an acknowledged report)──▶ good
      ▲                               │ crashes, or is not acknowledged
      └───────────────────────────────┘
"""

import binascii
import gc
import json
import os
import struct
import sys

_FILE, _NEW = "/slots", "/slots-new"
_CRC_BYTES = 4
_AFTER_FAULT_MS = 60_000
_MOST_BOOTS = 3  # of one on trial without an orderly end
BOARDS = {"linux": "unix", "darwin": "unix", "rp2": "pico_w"}  # else as the platform is called
_SMALL_PIECES = 4_096  # what compiling leaves behind must not lie between what stays


def fresh():
    """What holds on a board that never was updated.

    `active` is the folder to start, `trial` the release in it that is on trial, else 0; `boots` of
    it since an orderly end, and its `reports`. `release` is the last good one, `bad` the last that
    failed. `boot` and `seq` are the first reading of the one on trial.
    """
    return {
        "active": "a",
        "trial": 0,
        "boots": 0,
        "reports": 0,
        "release": 0,
        "bad": 0,
        "boot": 0,
        "seq": 0,
    }


def read(folder):
    """What `write` wrote last."""
    try:
        with open(folder + _FILE, "rb") as file:
            data = file.read()
        text, crc = data[:-_CRC_BYTES], data[-_CRC_BYTES:]
        if crc == struct.pack("<I", binascii.crc32(text)):
            return json.loads(text)
    except (OSError, ValueError):
        pass
    return fresh()


def write(folder, state):
    """Put it in place, whole or not at all. Raises OSError."""
    text = json.dumps(state).encode()
    with open(folder + _NEW, "wb") as file:
        file.write(text + struct.pack("<I", binascii.crc32(text)))
    os.rename(folder + _NEW, folder + _FILE)


def other(slot):
    """The one that is not active."""
    return "b" if slot == "a" else "a"


def roll_back(state):
    """The one on trial has failed: the other again, and never that release."""
    state["active"], state["bad"] = other(state["active"]), state["trial"]
    state["trial"] = state["boots"] = state["reports"] = state["boot"] = state["seq"] = 0


def choose(folder):
    """Which folder to start; one on trial that did not end in good order too often is left."""
    state = read(folder)
    if not state["trial"]:
        return state["active"]
    state["boots"] += 1
    if state["boots"] > _MOST_BOOTS:
        roll_back(state)
    try:
        write(folder, state)
    except OSError:  # what cannot be counted is not tried
        return other(state["active"]) if state["trial"] else state["active"]
    return state["active"]


def main(folder, arguments, collector=gc):
    """Start the application of this board."""
    collector.threshold(_SMALL_PIECES)
    sys.path[0] = folder + "/" + choose(folder)
    board = BOARDS.get(sys.platform, sys.platform)
    module = __import__("firmware.boards." + board, None, None, ("run",))
    module.run(*arguments)


def _main_of_a_board():
    """What cannot start tries again in a minute; the one on trial is counted each time."""
    try:
        main("", ())
    except Exception as error:  # noqa: BLE001 - at the prompt a battery is empty in a day
        import machine  # noqa: PLC0415 - only boards have it

        print("fault", repr(error))  # noqa: T201 - on the cable, for whoever holds it
        machine.deepsleep(_AFTER_FAULT_MS)


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1] + "/flash", sys.argv[1:])
    else:
        _main_of_a_board()
