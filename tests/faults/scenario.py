"""A scenario: what is broken on purpose, in which town, and why it matters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.faults.brokers import Kind

if TYPE_CHECKING:
    from tests.faults.world import World

Run = Callable[["World"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Setup:
    """What runs in a scenario. With `keeps`, devices keep a reading until the application ack.

    `light` is a scenario in which devices never say more than usual.
    """

    broker: Kind = "nats"
    keeps: bool = False
    influx: bool = False
    ack_wait_s: int = 2
    small_disk: bool = False
    postgresql: bool = False
    tls: bool = False
    light: bool = False
    bins: int = 12


@dataclass(frozen=True, slots=True)
class Scenario:
    """One fault. `id` is the row of the list of faults, `name` tells variants of it apart."""

    id: int
    name: str
    run: Run
    setup: Setup
    quick: bool = True
    known: str | None = None
    """The open fault that this scenario finds; it stays out of --quick until that is mended."""
    lasts_s: float = 0.0
    """How long it goes on where that is long by design."""

    @property
    def says(self) -> str:
        """What is done, in one sentence."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


class Room:
    """Scenarios of one kind, in the order in which they are written."""

    def __init__(self) -> None:
        """Start empty."""
        self.scenarios: list[Scenario] = []

    def holds(
        self,
        number: int,
        name: str,
        setup: Setup | None = None,
        *,
        quick: bool = True,
        known: str | None = None,
    ) -> Callable[[Run], Run]:
        """Take the function below as a scenario."""

        def take(run: Run) -> Run:
            self.scenarios.append(Scenario(number, name, run, setup or Setup(), quick, known))
            return run

        return take
