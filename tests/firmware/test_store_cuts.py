"""The store on LittleFS2, its power cut at every flash operation of a life."""

import pytest

from tests.firmware import interpreter
from tests.shape.tree import ROOT

SCRIPT = ROOT / "tests/firmware/desk/power_cuts.py"
OPERATIONS = 80  # that a life has at least


@pytest.mark.parametrize("eighths", [0, 3, 8])
@pytest.mark.parametrize("way", ["power", "reset"])
def test_no_cut_loses_doubles_or_reuses_anything(way: str, eighths: int) -> None:
    said = interpreter.said(SCRIPT, way, str(eighths), "1", "1", heap="8M").splitlines()

    assert int(said[-1]) > OPERATIONS  # before it, files of dead lives complain when collected
