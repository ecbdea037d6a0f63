"""`jemput` with one guarantee broken on purpose: `JEMPUT_TEST_MUTANT` says which."""

import os

from jemput.cli.main import run
from tests.faults.mutants import MUTANTS

if __name__ == "__main__":
    MUTANTS[os.environ["JEMPUT_TEST_MUTANT"]].breaks()
    run()
