"""Scenario files: the town of the demo, and what a wrong file is told."""

from pathlib import Path

import pytest

from jemput.ids import is_id
from simulator.scenario import ScenarioError, load, names

THRESHOLD_PERCENT = 75


def written(folder: Path, text: str) -> Path:
    """A scenario file with this text on top of the demo's town."""
    path = folder / "mine.toml"
    path.write_text('extends = "lubuk-pakam"\n' + text)
    return path


def test_the_town_of_the_demo_has_the_size_it_promises() -> None:
    town = load("lubuk-pakam")
    wastes = {bin_.waste for bin_ in town.bins}

    assert (len(town.haltes), len(town.bins), len(town.zones)) == (20, 60, 4)
    assert len(town.collectors) == 6
    assert wastes == {"residual", "organic", "paper", "plastic", "glass"}
    assert {collector.language for collector in town.collectors} == {"id", "en"}
    assert any(collector.webhook for collector in town.collectors)


def test_every_position_lies_in_a_box_around_lubuk_pakam() -> None:
    town = load("lubuk-pakam")

    assert (town.box.south, town.box.north) == pytest.approx((3.56, 3.56), abs=0.04)
    assert (town.box.west, town.box.east) == pytest.approx((98.87, 98.87), abs=0.05)
    assert all(town.box.holds(halte.lat, halte.lon) for halte in town.haltes)
    assert len({(halte.lat, halte.lon) for halte in town.haltes}) == len(town.haltes)
    assert "invented" in town.site.note.lower()


def test_bins_start_below_the_threshold_and_some_of_them_just_below() -> None:
    starts = [bin_.start_percent for bin_ in load("lubuk-pakam").bins]

    assert max(starts) < THRESHOLD_PERCENT - 5
    assert sum(start > THRESHOLD_PERCENT - 11 for start in starts) >= 5


def test_ids_can_stand_in_a_topic_and_are_never_used_twice() -> None:
    town = load("lubuk-pakam")
    bins = [bin_.id for bin_ in town.bins]
    devices = [bin_.device for bin_ in town.bins]

    assert all(is_id(name) for name in bins + devices)
    assert len(set(bins)) == len(set(devices)) == 60


def test_geometry_leaves_room_between_blind_full_and_empty() -> None:
    for bin_ in load("lubuk-pakam").bins:
        assert bin_.blind_mm < bin_.full_mm < bin_.empty_mm - 400
        assert bin_.distance_mm(0) == bin_.empty_mm
        assert bin_.distance_mm(100) == bin_.full_mm


def test_the_same_seed_makes_the_same_town_and_another_seed_another(tmp_path: Path) -> None:
    other = load(written(tmp_path, "seed = 1\n"))

    assert load("lubuk-pakam") == load("lubuk-pakam")
    assert other.haltes == load("lubuk-pakam").haltes
    assert other.bins != load("lubuk-pakam").bins


def test_every_scenario_that_comes_along_loads() -> None:
    assert names() == ["lubuk-pakam", "quiet-week", "storm-of-duplicates"]
    assert [load(name).name for name in names()] == names()


def test_extending_merges_tables_and_replaces_values(tmp_path: Path) -> None:
    quiet, town = load("quiet-week"), load("lubuk-pakam")

    assert quiet.radio.loss_high == 0
    assert quiet.radio.network_outages.per_year == 0
    assert quiet.radio.network_outages.median_h == town.radio.network_outages.median_h
    assert quiet.fill == town.fill
    assert load(written(tmp_path, "[device]\ncadence_s = 60\n")).bins[0].cadence_s == 60


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[radio]\nlos_median = 0.1\n", "radio: unknown key 'los_median'; did you mean 'loss_m"),
        ("[fill.wastes.paper]\ncolour = 1\n", "fill.wastes.paper: unknown key 'colour'; known"),
        ("sede = 3\n", "top level: unknown key 'sede'; did you mean 'seed'"),
        ("seed = 1.5\n", "seed: expected int, got 1.5"),
        ("[fill.wastes.metal]\nrhythm = 'homes'\n", "fill.wastes.metal: add percent_per_day"),
        ("[box]\nsouth = 3.57\n", "is outside [box]: move it inside"),
        ("zones = [{id = 'pekan', name = 'x'}]\n", "no zone 'cemara'; there are pekan"),
        ("[fill]\nmarket_days = ['payday']\n", "no weekday 'payday'"),
        ("[fill.rhythms.homes]\nweekdays = [1]\n", "give 24 hours and 7 weekdays"),
        ("seed = \n", "mine.toml is not TOML"),
        ("radio = 3\n", "radio: expected a table, got 3"),
    ],
)
def test_a_wrong_file_is_told_where_and_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScenarioError) as error:
        load(written(tmp_path, text))

    assert told in str(error.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('id = "sekip"', "halte 'terminal' stands there 2 times: rename one"),
        ("late_share = 0.25 # often late", "late_share 1.25 is not between 0 and 1"),
        ('language = "en"', "no language 'jv'"),
        ("from_hour = 6\nto_hour = 20", "from_hour must come before to_hour"),
    ],
)
def test_a_town_that_contradicts_itself_is_refused(tmp_path: Path, change: str, told: str) -> None:
    wrong = {
        'id = "sekip"': 'id = "terminal"',
        "late_share = 0.25 # often late": "late_share = 1.25",
        'language = "en"': 'language = "jv"',
        "from_hour = 6\nto_hour = 20": "from_hour = 21\nto_hour = 20",
    }[change]
    text = Path("simulator/scenarios/lubuk-pakam.toml").read_text()
    assert change in text
    path = tmp_path / "wrong.toml"
    path.write_text(text.replace(change, wrong, 1))

    with pytest.raises(ScenarioError) as error:
        load(path)

    assert told in str(error.value)


def test_an_unknown_name_is_told_which_there_are() -> None:
    with pytest.raises(ScenarioError, match="use lubuk-pakam, quiet-week, storm-of-duplicates"):
        load("gotham")


def test_a_scenario_cannot_extend_itself(tmp_path: Path) -> None:
    path = tmp_path / "loop.toml"
    path.write_text('extends = "loop"\n')

    with pytest.raises(ScenarioError, match="extends itself"):
        load(path)


def test_a_run_begins_at_a_busy_hour_of_the_site_that_has_been() -> None:
    town = load("lubuk-pakam")
    nine_in_the_morning_s = 1_763_949_600  # 2025-11-24 09:00 WIB

    assert town.starts_at_s(nine_in_the_morning_s) == nine_in_the_morning_s
    assert town.starts_at_s(nine_in_the_morning_s + 86_399) == nine_in_the_morning_s
    assert town.starts_at_s(nine_in_the_morning_s - 1) == nine_in_the_morning_s - 86_400
