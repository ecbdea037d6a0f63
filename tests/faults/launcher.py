"""`jemput` as a scenario wants it: with one guarantee broken, or on a disk that forgets.

`JEMPUT_TEST_MUTANT` says what is broken, `JEMPUT_TEST_UNSYNCED` where the disk notes its writes.
"""

import os
from pathlib import Path

from jemput.cli.main import run
from tests.faults import power
from tests.faults.mutants import MUTANTS

if __name__ == "__main__":
    if name := os.environ.get("JEMPUT_TEST_MUTANT"):
        MUTANTS[name].breaks()
    if notes := os.environ.get(power.UNSYNCED):
        power.use(Path(notes))
    run()
