"""Every way a network misbehaves: awake within the budget, and nothing lost afterwards."""

import json
import subprocess
import sys

import pytest

from tests.firmware import document, interpreter
from tests.firmware.heap import GATES_KIB
from tests.firmware.misbehaviour import MISBEHAVIOURS
from tests.shape.tree import ROOT

BUDGET_MS = 2_500


@pytest.mark.timeout(600)
def test_no_misbehaviour_keeps_it_awake_or_loses_a_reading() -> None:
    interpreter.require()
    command = [sys.executable, "-m", "tests.firmware", "--json", "--budget-ms", str(BUDGET_MS)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=590
    )

    assert done.stdout, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert len(said["scenarios"]) == len(MISBEHAVIOURS)
    assert [one for one in said["scenarios"] if one["awake_ms"] > BUDGET_MS] == []
    assert [one for one in said["scenarios"] if one["delivered"] != one["taken"]] == []
    assert said["heap"].keys() == GATES_KIB.keys()
    assert done.returncode == 0


def test_the_page_lists_what_the_code_tries() -> None:
    text = document.FILE.read_text()

    assert document.differences(text) == []
    assert document.differences(text.replace("| names: silence ", "| names: noise ")) == [
        "not on the page: names: silence",
        "not in the code: names: noise",
    ]
