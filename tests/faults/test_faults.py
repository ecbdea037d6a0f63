"""Each quick scenario, once: nothing promised may be lost, nothing doubled, nothing invented."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.faults.runner import Result, run_all
from tests.faults.scenarios import SCENARIOS, Scenario

QUICK = [one for one in SCENARIOS if one.quick and one.known is None]
LONGEST_S = 110


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Result]]]:
    """The scenarios that were selected, some at a time, by name."""
    wanted = {item.name for item in request.session.items}
    chosen = [one for one in QUICK if any(one.name in name for name in wanted)]
    results = run_all(chosen, seeds=[1])
    begun = {one.name: next(results) for one in chosen}
    yield begun
    for one in begun.values():
        one.cancel()
    list(results)


@pytest.mark.parametrize("scenario", QUICK, ids=lambda one: f"{one.id}-{one.name}")
def test_everything_promised_is_kept(
    scenario: Scenario, running: dict[str, Future[Result]]
) -> None:
    result = running[scenario.name].result(LONGEST_S)

    if result.skipped:
        pytest.skip(result.skipped)
    assert result.is_good, "\n".join(result.verdicts[0].notes)
