"""What the fold costs: 10,000 bins, 500 messages per entry, microseconds a reading."""

import sys
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2]))

from jemput.entry import Changed, Event, Intake, Link
from jemput.fold.admission import Heard, admit
from jemput.fold.fold import Fold
from jemput.payload import WireMessage
from tests.builders import CADENCE_S, START_S, message, town, wire

BINS = 10_000
PER_ENTRY = 500
ROUNDS = 14
WARM_UP = 12


def told(seq: int, at_s: int, fill: int) -> WireMessage:
    """What a healthy device says: one reading with all it measures, and what it keeps."""
    well = {"temperature_c": 31, "tilt_deg": 2, "rssi_dbm": -71}
    return message(wire(seq, at_s, fill, **well), kept=((1, seq),))


def main() -> None:
    """Fill the rings, then time two rounds of every bin."""
    bins = [f"b{number}" for number in range(BINS)]
    fold = Fold()
    events: tuple[Event, ...] = (*(Changed(one) for one in town(bins)), Link(up=True))
    fold.fold(Intake(START_S * 1000, events), 1)
    admit_s = fold_s = 0.0
    for turn in range(ROUNDS):
        at_s = START_S + (turn + 1) * CADENCE_S
        for start in range(0, BINS, PER_ENTRY):
            now_s = at_s + start * CADENCE_S // BINS
            heard = [
                Heard(f"d-{one}", told(turn + 1, now_s, 5 * turn))
                for one in bins[start : start + PER_ENTRY]
            ]
            begin = perf_counter()
            intake = admit(fold.state, now_s * 1000, heard).intake
            middle = perf_counter()
            fold.fold(intake, 1)
            if turn >= WARM_UP:
                admit_s += middle - begin
                fold_s += perf_counter() - middle
    readings = (ROUNDS - WARM_UP) * BINS
    sys.stdout.write(f"fold  {fold_s / readings * 1e6:6.2f} µs a reading\n")
    sys.stdout.write(f"admit {admit_s / readings * 1e6:6.2f} µs a reading\n")


if __name__ == "__main__":
    main()
