"""Known rules on real bins: the scores have to be those of an independent computation.

Published for 30 bins, these are: paper, a median of 3: precision .996, false .05, missed .001, 3 h;
glass, a median of 7: .96, .05, .01, 9 h; a drop of 30 points on paper: .970 / .990 / .980. The
recording here holds half of those bins, so its numbers are near them, not the same.
"""

import gzip
from pathlib import Path

import pytest

from jemput.csv_rows import Parsed
from jemput.evaluation.emptying_score import score_emptyings
from jemput.evaluation.pickup_score import score_pickups
from jemput.evaluation.recording import Emptying, Row, read_emptyings, read_recording
from jemput.evaluation.truth import TruthSettings
from tests.domain.evaluation.baselines import calls, drops

PROJECT = Path(__file__).parents[3]
PRAGUE = PROJECT.parent / "shared" / "data" / "prague"

pytestmark = pytest.mark.skipif(
    not PRAGUE.is_dir(), reason="the recorded data of ../shared/data/prague is absent"
)


@pytest.fixture(scope="module")
def recording() -> Parsed[Row]:
    with gzip.open(PRAGUE / "readings.csv.gz", "rt", encoding="utf-8") as lines:
        return read_recording(lines)


@pytest.fixture(scope="module")
def emptyings() -> Parsed[Emptying]:
    with (PRAGUE / "emptyings.csv").open(encoding="utf-8") as lines:
        return read_emptyings(lines)


def test_every_row_is_read(recording: Parsed[Row], emptyings: Parsed[Emptying]) -> None:
    assert (len(recording.rows), recording.errors, recording.duplicates) == (113_400, (), 0)
    assert (len(emptyings.rows), emptyings.errors, emptyings.duplicates) == (3_719, (), 0)
    assert {row.bin for row in emptyings.rows} <= {row.bin for row in recording.rows}


@pytest.mark.parametrize(
    ("rearm", "span", "waste", "right", "missed", "false", "doubled", "delay_s"),
    [
        (75, 1, "paper", 1038, 0, 51, 124, 0),
        (75, 1, "plastic", 5, 0, 0, 3, 0),
        (75, 1, "glass", 25, 0, 38, 17, 0),
        (55, 1, "paper", 1022, 16, 47, 31, 0),
        (55, 1, "glass", 22, 3, 38, 5, 0),
        (55, 3, "paper", 1038, 0, 3, 0, 10_800),
        (55, 3, "plastic", 5, 0, 0, 0, 7_202),
        (55, 3, "glass", 23, 2, 16, 1, 3_971),
        (55, 5, "paper", 949, 89, 0, 0, 20_402),
        (55, 5, "glass", 25, 0, 5, 1, 8_401),
        (55, 7, "paper", 787, 251, 0, 0, 30_001),
        (55, 7, "plastic", 5, 0, 0, 0, 25_195),
        (55, 7, "glass", 25, 0, 1, 0, 17_400),
    ],
)
def test_known_rules_have_their_known_pickup_scores(  # noqa: PLR0913, PLR0917 - a table's columns
    recording: Parsed[Row],
    rearm: int,
    span: int,
    waste: str,
    right: int,
    missed: int,
    false: int,
    doubled: int,
    delay_s: int,
) -> None:
    made = calls(recording.rows, rearm=rearm, span=span)
    found = score_pickups(recording.rows, made, TruthSettings())[waste]
    assert (found.right, found.missed) == (right, missed)
    assert (found.false, found.doubled, found.median_delay_s) == (false, doubled, delay_s)


def test_a_drop_of_30_points_has_its_known_emptying_score(
    recording: Parsed[Row], emptyings: Parsed[Emptying]
) -> None:
    detected = drops(recording.rows, 30)
    found = score_emptyings(recording.rows, emptyings.rows, detected, TruthSettings())
    counts = {waste: (score.right, score.missed, score.false) for waste, score in found.items()}
    assert counts == {"paper": (1356, 14, 34), "plastic": (25, 4, 0), "glass": (52, 79, 55)}
