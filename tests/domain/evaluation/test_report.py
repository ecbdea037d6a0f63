"""The table is aligned, the dict is complete and both say the same."""

import json

from jemput.evaluation.emptying_score import EmptyingScore
from jemput.evaluation.pickup_score import PickupScore
from jemput.evaluation.report import as_dict, table

PICKUPS = {
    "glass": PickupScore(1, 0, 0, 0, 0, 2.0, None),
    "paper": PickupScore(12, 1000, 900, 60, 40, 50.0, 9000.0),
}
EMPTYINGS = {"paper": EmptyingScore(12, 1000, 600, 150, 50.0, -1800.0)}

EXPECTED = """\
pickups  bins  episodes  calls  precision  false per bin-month  missed  median delay
glass       1         0      0          -                0.000       -             -
paper      12      1000   1000      0.900                2.000   0.100         2.5 h

emptyings  bins  emptied  detected  precision  recall     F1  false per bin-month  median delay
paper        12     1000       750      0.800   0.600  0.686                3.000        -0.5 h"""


def test_the_table() -> None:
    assert table(PICKUPS, EMPTYINGS) == EXPECTED


def test_a_part_without_a_waste_is_left_out() -> None:
    pickups, emptyings = EXPECTED.split("\n\n")
    assert table(PICKUPS, {}) == pickups
    assert table({}, EMPTYINGS) == emptyings
    assert table({}, {}) == ""


def test_the_dict_is_json_with_every_figure() -> None:
    figures = json.loads(json.dumps(as_dict(PICKUPS, EMPTYINGS), allow_nan=False))
    assert figures == {
        "pickups": {
            "glass": {
                "bins": 1,
                "bin_months": 2.0,
                "episodes": 0,
                "calls": 0,
                "right": 0,
                "false": 0,
                "doubled": 0,
                "missed": 0,
                "precision": None,
                "false_per_bin_month": 0.0,
                "missed_share": None,
                "median_delay_s": None,
            },
            "paper": {
                "bins": 12,
                "bin_months": 50.0,
                "episodes": 1000,
                "calls": 1000,
                "right": 900,
                "false": 60,
                "doubled": 40,
                "missed": 100,
                "precision": 0.9,
                "false_per_bin_month": 2.0,
                "missed_share": 0.1,
                "median_delay_s": 9000.0,
            },
        },
        "emptyings": {
            "paper": {
                "bins": 12,
                "bin_months": 50.0,
                "emptyings": 1000,
                "detections": 750,
                "right": 600,
                "false": 150,
                "missed": 400,
                "precision": 0.8,
                "recall": 0.6,
                "f1": 1200 / 1750,
                "false_per_bin_month": 3.0,
                "median_delay_s": -1800.0,
            },
        },
    }
