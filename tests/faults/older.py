"""An ingester of the fold version before this one: it decides by another rule, and says so.

Real older ones decide otherwise in rare cases only, so one is made that does so in all: it calls no
bin because it is full. What it decided has to stand, whatever comes after it.
"""

from jemput.fold import fold, judging
from tests.faults.mutants.mutant import put

OLDER = 0


def become_older() -> None:
    """From here on this process folds as the older version."""
    put(fold, "FOLD_VERSION", lambda _: OLDER)
    put(judging, "CALLING_RULES", lambda rules: rules[1:])
