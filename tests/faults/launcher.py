"""`jemput` as a scenario wants it: with one guarantee broken, on a host that lies, or older.

`JEMPUT_TEST_MUTANT` says what is broken, `JEMPUT_TEST_UNSYNCED` where the disk notes its writes,
`JEMPUT_TEST_WALL` where it is said how wrong the host's clock is, `JEMPUT_TEST_OLDER` that it is
of the fold version before this one.
"""

import os
from pathlib import Path

from jemput.cli.main import run
from tests.faults import power, wall
from tests.faults.mutants import MUTANTS
from tests.faults.older import become_older

if __name__ == "__main__":
    if name := os.environ.get("JEMPUT_TEST_MUTANT"):
        MUTANTS[name].breaks()
    if notes := os.environ.get(power.UNSYNCED):
        power.use(Path(notes))
    if host := os.environ.get(wall.MOVED):
        wall.use(Path(host))
    if os.environ.get("JEMPUT_TEST_OLDER"):
        become_older()
    run()
