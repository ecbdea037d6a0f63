"""The store on LittleFS2, its power cut at every flash operation of a life."""

import pytest

from tests.firmware import interpreter
from tests.shape.tree import ROOT

SCRIPT = ROOT / "tests/firmware/desk/power_cuts.py"
OPERATIONS = 80  # that a life has at least


@pytest.mark.parametrize("torn", ["whole", "torn"])
@pytest.mark.parametrize("way", ["power", "reset"])
def test_no_cut_loses_doubles_or_reuses_anything(way: str, torn: str) -> None:
    said = interpreter.said(SCRIPT, way, torn, "1", "1", heap="8M").splitlines()

    assert int(said[-1]) > OPERATIONS  # before it, files of dead lives complain when collected
