"""One wake: measure, keep, report where it is worth it, and back to sleep, whatever happens.

measure ─▶ keep ─▶ worth the radio? ─▶ connect ─▶ hear ─▶ obey ─▶ send ─▶ sleep
                         └────────────── no ────────────────────────────▶ ┘
"""

import gc

from firmware import clock, plan
from firmware.budget import Budget, OutOfTime
from firmware.commands import LOCATE, Commands
from firmware.config import Configuration
from firmware.mqtt.session import Refused
from firmware.net.stream import Broken
from firmware.report import Report
from firmware.sensing.measure import measure
from firmware.store.flash import Flash
from firmware.store.kept import Kept
from firmware.trial import Trial

FOR_EVER = None
_RSSI_OFFSET = 256
_RESERVE_MS = 500  # for flash and RTC memory, after the radio
_LOCATE_MS = 10_000
_SOON_S = 10  # to what was built


class Outcome:
    """How a wake ended: `sleep_s` seconds (None: for ever), and `reason` where it failed.

    Of the `commands` that were taken only a reboot is left to do, by whoever called.
    """

    def __init__(self, sleep_s, reason=None, commands=()):
        self.sleep_s = sleep_s
        self.reason = reason
        self.commands = commands


class Desk:
    """What a wake works with: what is kept, what holds, and what it is told."""

    def __init__(self, board):
        self.flash = Flash(board.folder)
        self.configuration = Configuration(self.flash)
        self.settled = self.configuration.settled
        self.kept = Kept(self.flash, board.rtc_read, board.rtc_write, board.random_bits)
        self.commands = Commands(self.flash, self.kept.notes)
        self.trial = Trial(board.folder)
        self.is_low = False
        self.building = None

    def said_of_update(self):
        """For the status: (release, word, files left), or None."""
        if self.building:
            return self.building.said
        if self.trial.is_on:
            return (self.trial.release, "on-trial", 0)
        return (self.trial.bad, "rolled-back", 0) if self.trial.bad > self.trial.release else None

    def switch(self):
        """Whether the next wake is of another application."""
        building = self.building
        if not building or not building.is_whole or not self.kept.put_away():
            return False
        try:
            building.switch()
        except OSError:
            return False
        return True


def wake(board):
    """The whole of it on a board (firmware/boards/); returns an Outcome and raises nothing."""
    began = Budget(board.clock, 0, board.feed)
    desk = Desk(board)
    kept, settled = desk.kept, desk.settled
    budget = Budget(board.clock, settled["budget_ms"] - began.used_ms(), board.feed)
    battery_mv = board.battery_mv()
    if plan.is_critical(kept.notes, battery_mv, settled):
        kept.save()
        return Outcome(FOR_EVER, "battery")
    reading = _measured(board, kept.notes, settled, battery_mv)
    kept.notes["wakes"] += 1
    kept.add(reading)
    desk.trial.measured(reading["boot"], reading["seq"])
    kept.notes["since_report"] += 1
    sleep_s = plan.sleep_s(battery_mv, settled)
    desk.is_low = plan.is_low(battery_mv, settled)
    is_due = desk.trial.is_on or plan.must_report(kept.notes, reading, settled)
    if not is_due or not plan.may_report(kept.notes):
        kept.save()
        desk.trial.ended(kept, has_tried=False)
        return Outcome(sleep_s)
    return _report(board, desk, (reading, sleep_s), budget)


def _measured(board, notes, settled, battery_mv):
    temperature_c, tilt_deg = board.temperature_c(), board.tilt_deg()
    reading = measure(board.sensor, settled["pings"], settled["blind_mm"], temperature_c, tilt_deg)
    now_s = board.now()
    reading["at"], reading["clock"] = max(0, now_s), clock.source(notes, now_s)
    reading["temperature_c"], reading["tilt_deg"] = temperature_c, tilt_deg
    reading["battery_mv"] = battery_mv
    reading["rssi_dbm"] = notes["rssi"] - _RSSI_OFFSET if notes["rssi"] else None
    return reading


def _report(board, desk, planned, budget):
    """With the radio; the readings are in store already, so nothing here can cost one."""
    reading, sleep_s = planned
    kept = desk.kept
    gc.collect()  # TLS and the batches want their memory in one piece

    def again():
        kept.add(_measured(board, kept.notes, desk.settled, reading["battery_mv"]))

    report = Report(board, desk, budget.part(budget.left_ms() - _RESERVE_MS), again)
    reason, lasting = _tried(report, sleep_s)
    board.radio_off()
    if reason is None:
        plan.reported(kept.notes, reading)
        desk.configuration.came_through(kept.notes)
    else:
        plan.failed(kept.notes, desk.settled, lasting)
        desk.configuration.did_not(kept.notes)
    kept.save()
    desk.trial.ended(kept, has_tried=True)
    if desk.switch():
        sleep_s = min(sleep_s, _SOON_S)
    if LOCATE in desk.commands.wanted:
        board.locate(budget.part(_LOCATE_MS))
    return Outcome(sleep_s, reason, desk.commands.wanted)


def _tried(report, sleep_s):
    """Why it did not go through (None where it did), and whether that will last."""
    try:
        report.run(sleep_s)
    except (Broken, Refused) as error:
        return error.reason, getattr(error, "lasting", False)
    except OutOfTime:
        return "out-of-time", False
    except Exception as error:  # noqa: BLE001 - a fault of ours must not keep the radio on
        return "fault " + repr(error), False
    return None, False
