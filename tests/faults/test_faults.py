"""Each quick scenario, once: nothing promised may be lost, nothing doubled, nothing invented."""

import pytest

from tests.faults.runner import run_scenario
from tests.faults.scenarios import SCENARIOS, Scenario

QUICK = [one for one in SCENARIOS if one.quick and one.known is None]


@pytest.mark.parametrize("scenario", QUICK, ids=lambda one: f"{one.id}-{one.name}")
def test_everything_promised_is_kept(scenario: Scenario) -> None:
    result = run_scenario(scenario, seeds=[1])

    if result.skipped:
        pytest.skip(result.skipped)
    assert result.is_good, "\n".join(result.verdicts[0].notes)
