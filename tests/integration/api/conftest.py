"""A town where something is going on, and the API over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.town import BINS, Client, Town, served

SILENT, NEVER_HEARD = "alun-alun-plastic", "alun-alun-residual"
LEVELS = {
    "pasar-delimas-organic": 90,  # Budi's
    "pasar-delimas-plastic": 60,
    "stasiun-organic": 85,  # Wati's
    "tanjung-garbus-residual": 95,  # nobody's
}


def lively(folder: Path, url: str | None = None) -> Town:
    """Three pickups are open; one bin is silent, one was never heard."""
    made = Town(folder, url)
    levels = {bin_id: LEVELS.get(bin_id, 20) for bin_id in BINS if bin_id != NEVER_HEARD}
    made.hear_all(levels)
    made.hear_all({bin_id: level for bin_id, level in levels.items() if bin_id != SILENT})
    return made


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A lively town of the test's own."""
    made = lively(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def still_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A lively town that no test may change."""
    made = lively(tmp_path_factory.mktemp("still"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def reader(still_town: Town) -> Iterator[Client]:
    """Asks the API over the town that no test changes."""
    with served(still_town.services()) as asking:
        yield asking


@pytest.fixture
def client(town: Town) -> Iterator[Client]:
    """Asks the API over that town."""
    with served(town.services()) as asking:
        yield asking


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The API over that town, for accounts only."""
    with guarded(town) as made:
        yield made


@pytest.fixture
def budis(town: Town) -> str:
    """The pickup that belongs to Budi."""
    return open_pickup(town, "pasar-delimas-organic")


@pytest.fixture
def nobodys(town: Town) -> str:
    """The pickup of a bin that no collector serves."""
    return open_pickup(town, "tanjung-garbus-residual")


@pytest.fixture
def still_budis(still_town: Town) -> str:
    """Budi's pickup in the town that no test changes."""
    return open_pickup(still_town, "pasar-delimas-organic")


@pytest.fixture
def still_nobodys(still_town: Town) -> str:
    """Nobody's pickup in the town that no test changes."""
    return open_pickup(still_town, "tanjung-garbus-residual")


def open_pickup(town: Town, bin_id: str) -> str:
    """The id of a bin's open pickup."""
    found = town.services().pickups.list(only_open=True, bin_id=bin_id)
    return found[0].id
