"""Each guarantee broken on purpose, one at a time, so that the scenarios are seen to bite.

Nothing of this is in the program: `tests.faults.launcher` patches it before it starts.
"""

from tests.faults.mutants import folding, leaving, storing, telling, timing
from tests.faults.mutants.mutant import MUTANTS, Mutant

ROOMS = (telling, folding, storing, leaving, timing)
"""Importing them registers their mutants, in this order."""

__all__ = ["MUTANTS", "Mutant"]
