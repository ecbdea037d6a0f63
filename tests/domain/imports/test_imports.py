"""A file of bins: good rows are taken, bad ones named, and doing it twice changes nothing."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemput.changes import Retirable, Retire
from jemput.csv_rows import RowError
from jemput.geometry import Geometry
from jemput.imports.export import to_csv, to_geojson
from jemput.imports.files import rows_of
from jemput.imports.plan import Plan, plan
from jemput.registry import Registry

NOW_S: Final = 1_772_326_800
HEADER: Final = "bin,waste,halte,halte_name,site,lat,lon,empty_mm,full_mm,call_percent,device"
GOOD: Final = "pasar-organic,organic,pasar,Pasar Delimas,pakam,3.5583,98.8721,1000,100,,dev-1"


def imported(text: str, registry: Registry | None = None) -> tuple[Plan, Registry]:
    """What a file plans, and the registry with it."""
    registry = registry if registry is not None else Registry()
    return plan(rows_of(text), registry, NOW_S), registry


def csv(*rows: str) -> str:
    """A file with our header."""
    return "\n".join((HEADER, *rows)) + "\n"


def test_a_row_makes_site_halte_bin_and_binding() -> None:
    planned, registry = imported(csv(GOOD))

    assert (planned.changed, planned.refused) == (1, [])
    assert registry.sites["pakam"].name == "pakam"
    assert registry.haltes["pasar"].name == "Pasar Delimas"
    assert registry.bins["pasar-organic"].geometry == Geometry(1000, 100)
    assert registry.bin_of("dev-1", 0) == "pasar-organic"


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (GOOD.replace("pasar-organic", "Pasar Organik"), "is no id"),
        (GOOD.replace("3.5583", "98.8721").replace(",98.8721,1000", ",193.5583,1000"), "Earth"),
        (GOOD.replace("1000,100", "1000,"), "only one of empty_mm and full_mm"),
        (GOOD.replace("1000,100", "100,1000"), "fit no bin"),
        (GOOD.replace("1000,100", "deep,100"), "no whole number"),
        (GOOD.replace("1000,100,,", "1000,100,40,"), "rearm_percent"),
        (GOOD.replace("3.5583,98.8721", ","), "no position"),
        (GOOD.replace("1000,100", ","), "no geometry"),
        (GOOD.replace(",organic,", ",,"), "waste is empty"),
        (GOOD.replace("3.5583", "north"), "no number"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_taken(row: str, wrong: str) -> None:
    other = GOOD.replace("pasar-organic", "other").replace("dev-1", "dev-2")
    planned, registry = imported(csv(row, other))

    assert [error.row for error in planned.refused] == [2]
    assert wrong in str(planned.refused[0])
    assert set(registry.bins) == {"other"}


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        (GOOD, "stands in the file before"),
        (GOOD.replace("pasar-organic", "b2"), "hangs on another bin"),
        (
            GOOD.replace("pasar-organic", "b2").replace("dev-1", "").replace("3.5583", "3.6"),
            "halte",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_told_so(second: str, wrong: str) -> None:
    planned, _ = imported(csv(GOOD, second))

    assert [error.row for error in planned.refused] == [3]
    assert wrong in str(planned.refused[0])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("bin,waste\nb,organic\n", "lacks halte, site"),
        (HEADER + ",wrong\n", "'wrong'"),
        ("{}", "GeoJSON"),
    ],
)
def test_a_file_without_the_needed_columns_is_refused_whole(text: str, wrong: str) -> None:
    with pytest.raises(RowError, match=wrong):
        imported(text)


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_understood() -> None:
    text = csv(GOOD).replace(",", ";").replace("3.5583", "3,5583").replace("98.8721", "98,8721")
    _, registry = imported("\ufeff" + text)

    assert registry.haltes["pasar"].lat == 3.5583


def test_a_bin_of_the_catalogue_needs_no_measures() -> None:
    _, registry = imported(
        "bin,waste,halte,site,lat,lon,bin_type\nb,organic,h,s,3,98,wheelie-240\n"
    )

    assert registry.bins["b"].geometry.empty_mm == 950


def test_a_measured_geometry_holds_from_now_and_the_old_one_before() -> None:
    _, registry = imported(csv(GOOD))
    imported(csv(GOOD.replace("1000,100", "900,100")), registry)

    assert registry.geometry_of("pasar-organic", NOW_S - 1) == Geometry(1000, 100)
    assert registry.geometry_of("pasar-organic", NOW_S) == Geometry(900, 100)


@st.composite
def towns(draw: st.DrawFn) -> str:
    """A file of bins as somebody might write it."""
    rows = []
    for number in range(draw(st.integers(1, 8))):
        halte = draw(st.integers(0, 2))
        waste = draw(st.sampled_from(["organic", "plastic"]))
        empty_mm = draw(st.integers(400, 2000))
        call = draw(st.sampled_from(["", "60", "90"]))
        device = draw(st.sampled_from(["", f"dev-{number}"]))
        place = f'h{halte},"Halte ""{halte}"", Pakam",s{halte % 2},3.{halte},98.{halte}'
        rows.append(f"b{number},{waste},{place},{empty_mm},50,{call},{device}")
    return csv(*rows)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda one: (
        st.lists(one, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "geometry", "coordinates", "type", "bin", "lat"]),
            one,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(towns())
def test_export_gives_back_what_import_takes_and_twice_changes_nothing(text: str) -> None:
    first, registry = imported(text)
    assert not first.refused

    for exported in (to_csv(registry, NOW_S), to_geojson(registry, NOW_S), text):
        again, _ = imported(exported, registry)
        assert (again.changes, again.refused) == ([], [])
        assert again.unchanged == len(registry.bins)

    for exported in (to_csv(registry, NOW_S), to_geojson(registry, NOW_S)):
        _, elsewhere = imported(exported)
        assert to_csv(elsewhere, NOW_S) == to_csv(registry, NOW_S)


@given(JSON)
def test_any_json_as_a_feature_is_a_refused_row_and_never_a_crash(feature: object) -> None:
    planned, _ = imported(json.dumps({"features": [feature]}))

    assert len(planned.refused) == 1


def test_what_is_retired_is_not_exported_and_is_back_once_imported() -> None:
    _, registry = imported(csv(GOOD))
    before = to_csv(registry, NOW_S)
    things: list[tuple[Retirable, str]] = [
        ("bin", "pasar-organic"), ("halte", "pasar"), ("site", "pakam")
    ]  # fmt: skip
    for kind, thing in things:
        assert registry.apply(Retire(kind, thing, NOW_S)) is None
    assert len(to_csv(registry, NOW_S).splitlines()) == 1
    assert json.loads(to_geojson(registry, NOW_S))["features"] == []

    planned, registry = imported(before, registry)

    assert (planned.changed, planned.refused) == (1, [])
    assert to_csv(registry, NOW_S) == before
    assert imported(before, registry)[0].changes == []


@pytest.mark.parametrize(
    ("only", "row"),
    [
        ("other", GOOD),
        ("other", GOOD.replace("pasar,Pasar Delimas,pakam", "new,New,other")),
        ("other", GOOD.replace("pasar,Pasar Delimas,pakam", "pasar,Pasar Delimas,other")),
        ("other", "mine,organic,new,New,other,3.5,98.8,1000,100,,dev-1"),
    ],
)
def test_who_is_of_some_sites_touches_no_other(only: str, row: str) -> None:
    _, registry = imported(csv(GOOD))
    before = registry.copy()

    planned = plan(rows_of(csv(row)), registry, NOW_S, [only])

    assert "is not yours" in planned.refused[0].wrong
    assert (planned.changes, registry) == ([], before)
    assert plan(rows_of(csv(GOOD)), registry, NOW_S, ["pakam"]).unchanged == 1


def test_an_export_of_some_sites_holds_no_other() -> None:
    _, registry = imported(csv(GOOD))
    assert to_csv(registry, NOW_S, ["pakam"]) == to_csv(registry, NOW_S)
    assert len(to_csv(registry, NOW_S, ["other"]).splitlines()) == 1
