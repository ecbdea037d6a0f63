"""The page is compared with the code: what one has and the other has not is named."""

from tests.faults.biting import Bite
from tests.faults.document import differences, page
from tests.faults.mutants import MUTANTS
from tests.faults.runner import Result
from tests.faults.scenarios import SCENARIOS
from tests.faults.verdict import Verdict

RESULTS = [Result(one) for one in SCENARIOS if not one.known]
BITES = [Bite(one, one.found_by) for one in MUTANTS.values()]


def test_a_page_that_was_just_written_is_as_the_code() -> None:
    assert differences(page(RESULTS, BITES)) == []


def test_a_scenario_that_the_page_lacks_is_named() -> None:
    first = RESULTS[0].scenario
    text = page(RESULTS, BITES).splitlines()
    without = "\n".join(line for line in text if f"| {first.name} |" not in line)

    found = differences(without)

    assert f"not on the page: | {first.id} | {first.name} | {first.says} |" in found


def test_a_row_that_the_code_does_not_know_is_named() -> None:
    invented = "| 99 | a scenario of yesterday | It was so. | 1 | 0 | 0 | 0 | 0 |"

    assert differences(page(RESULTS, BITES) + invented) == [f"not in the code: {invented}"]


def test_every_mutant_names_a_scenario() -> None:
    names = {one.name for one in SCENARIOS}

    assert {one.found_by for one in MUTANTS.values()} <= names
    assert len(names) == len(SCENARIOS)


def test_what_did_not_run_now_stays_as_it_was() -> None:
    ran = Result(RESULTS[0].scenario, [Verdict(obligations=1200)], took_s=7.2)
    before = page([ran, *RESULTS[1:]], BITES)

    later = page([Result(RESULTS[1].scenario, [Verdict(obligations=34)])], [], before)

    assert "| 1 | 1,200 | 0 | 0 | 0 | 0.0 | 7 |" in later
    assert "(1,234 obligations)" in later
    assert later.count("not hunted for this page") == 0
    assert differences(later) == []
