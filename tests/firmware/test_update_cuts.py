"""An update on LittleFS2, power cut at every flash operation: what starts is whole, always."""

import pytest

from tests.firmware import interpreter
from tests.shape.tree import ROOT

SCRIPT = ROOT / "tests/firmware/desk/update_cuts.py"
OPERATIONS = 120  # that a story has at least


@pytest.mark.parametrize(
    ("story", "eighths", "step"),
    [("good", 0, 1), ("good", 3, 1), ("good", 8, 1), ("crash", 3, 2), ("mute", 3, 4)],
)
def test_no_cut_starts_what_is_not_whole_or_forgets_the_way_back(
    story: str, eighths: int, step: int
) -> None:
    said = interpreter.said(SCRIPT, story, str(eighths), "1", str(step), heap="8M").splitlines()

    assert int(said[-1]) > OPERATIONS
