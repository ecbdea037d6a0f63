"""Guarantees of time, broken: what a wall clock that steps does to the run."""
# ruff: noqa: ANN401 - what is patched is whatever is there

from typing import Any

from ingest.wall_clock import WallWatch
from jemput.fold import listening
from jemput.store.clock import WallClock
from tests.faults.mutants.mutant import mutant, put


@mutant("the host's clock leaps a day, and is set right")
def counts_a_jump_as_listening() -> None:
    """The time that a clock jumped over counts as spent listening, so everybody was silent."""
    put(listening, "skip", lambda _: lambda *_: None)


@mutant("the host's clock leaps a day, and is set right")
def keeps_the_time_of_its_start() -> None:
    """The run never goes by a wall clock that was set right."""
    put(WallClock, "follow", lambda _: lambda *_, **__: 0.0)


@mutant("the host boots in the year 2000, and is set right in steps")
def trusts_a_clock_that_is_still_searched() -> None:
    """A wall clock is trusted again at the next look after a step."""

    def wrap(usual: Any) -> object:
        def look(self: Any, *clocks: float) -> object:
            stepped_s = usual(self, *clocks)
            self.trusted = stepped_s is None
            return stepped_s

        return look

    put(WallWatch, "look", wrap)
