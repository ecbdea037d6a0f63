"""One wake: measure, keep, report where it is worth it, and back to sleep, whatever happens.

measure ─▶ keep ─▶ worth the radio? ─▶ connect ─▶ hear ─▶ send ─▶ sleep
                         └────────────── no ─────────────────────▶ ┘
"""

import gc

from firmware import clock, config, plan
from firmware.budget import Budget, OutOfTime
from firmware.mqtt.session import Refused
from firmware.net.stream import Broken
from firmware.report import Report
from firmware.sensing.measure import measure
from firmware.store.flash import Flash
from firmware.store.kept import Kept

FOR_EVER = None
_RSSI_OFFSET = 256
_RESERVE_MS = 500  # for flash and RTC memory, after the radio


class Outcome:
    """How a wake ended: `sleep_s` seconds (None: for ever), and `reason` where it failed."""

    def __init__(self, sleep_s, reason=None, commands=()):
        self.sleep_s = sleep_s
        self.reason = reason
        self.commands = commands


def wake(board):
    """The whole of it on a board (firmware/boards/); returns an Outcome and raises nothing."""
    flash = Flash(board.folder)
    settled = config.load(flash)
    budget = Budget(board.clock, settled["budget_ms"], board.feed)
    kept = Kept(flash, board.rtc_read, board.rtc_write, board.random_bits)
    battery_mv = board.battery_mv()
    if plan.is_critical(kept.notes, battery_mv, settled):
        kept.save()
        return Outcome(FOR_EVER, "battery")
    reading = _measured(board, kept.notes, settled, battery_mv)
    kept.notes["wakes"] += 1
    kept.add(reading)
    kept.notes["since_report"] += 1
    sleep_s = plan.sleep_s(battery_mv, settled)
    if not plan.must_report(kept.notes, reading, settled) or not plan.may_report(kept.notes):
        kept.save()
        return Outcome(sleep_s)
    return _report(board, flash, kept, (reading, settled, sleep_s), budget)


def _measured(board, notes, settled, battery_mv):
    temperature_c, tilt_deg = board.temperature_c(), board.tilt_deg()
    reading = measure(board.sensor, settled["pings"], settled["blind_mm"], temperature_c, tilt_deg)
    now_s = board.now()
    reading["at"], reading["clock"] = max(0, now_s), clock.source(notes, now_s)
    reading["temperature_c"], reading["tilt_deg"] = temperature_c, tilt_deg
    reading["battery_mv"] = battery_mv
    reading["rssi_dbm"] = notes["rssi"] - _RSSI_OFFSET if notes["rssi"] else None
    return reading


def _report(board, flash, kept, planned, budget):
    """With the radio; the readings are in store already, so nothing here can cost one."""
    reading, settled, sleep_s = planned
    gc.collect()  # TLS and the batches want their memory in one piece
    report = Report(board, kept, settled, budget.part(budget.left_ms() - _RESERVE_MS))
    reason = None
    try:
        report.run(sleep_s)
        plan.reported(kept.notes, reading)
    except (Broken, Refused) as error:
        reason = error.reason
        plan.failed(kept.notes, settled, getattr(error, "lasting", False))
    except OutOfTime:
        reason = "out-of-time"
        plan.failed(kept.notes, settled, lasting=False)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not keep the radio on
        reason = "fault " + repr(error)
        plan.failed(kept.notes, settled, lasting=False)
    board.radio_off()
    report.mailbox.settle_config(flash, settled)
    commands = report.mailbox.settle_commands(kept.notes)
    kept.save()
    return Outcome(sleep_s, reason, commands)
