"""Bins as the API lists them: what is known, what is not, and for a map."""

from typing import Any

import pytest

from jemput.registry import PutPolicy
from tests.integration.api.town import BINS, CADENCE_S, HALTES, Client, Town

GEOJSON = "application/geo+json"


def bin_of(client: Client, bin_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/bins/{bin_id}").json()
    return found


def test_every_bin_is_listed_with_its_site_and_the_time(reader: Client, still_town: Town) -> None:
    body = reader.get("/v1/bins").json()

    assert [one["id"] for one in body["bins"]] == sorted(BINS)
    assert body["sites"] == [{"id": "lubuk-pakam", "name": "Lubuk Pakam (invented)"}]
    assert body["now_s"] == still_town.clock.ms // 1000


def test_a_full_bin_says_so_with_its_place_and_its_pickup(
    reader: Client, still_town: Town, still_budis: str
) -> None:
    now_s = still_town.clock.ms // 1000

    assert bin_of(reader, "pasar-delimas-organic") == {
        "id": "pasar-delimas-organic",
        "waste": "organic",
        "halte": {
            "id": "pasar-delimas",
            "name": "Pasar Delimas",
            "site": "lubuk-pakam",
            "lat": 3.5583,
            "lon": 98.8721,
        },
        "state": "ok",
        "band": "full",
        "level_percent": 90,
        "last_level_percent": 90,
        "call_percent": 75,
        "heard_at_s": now_s,
        "emptied_at_s": None,
        "battery_mv": 3900,
        "pickup": {
            "id": still_budis,
            "state": "requested",
            "reason": "FULLNESS",
            "collector": "budi",
        },
        "setup": {
            "geometry": {"empty_mm": 1000, "full_mm": 0, "blind_mm": 0},
            "geometry_from_s": 0,
            "device": "dev-0",
            "cadence_s": 600,
            "rearm_percent": 55,
            "own_call_percent": None,
            "own_rearm_percent": None,
            "retired_at_s": None,
        },
    }


@pytest.mark.parametrize(
    ("bin_id", "band"),
    [
        ("pasar-delimas-organic", "full"),
        ("pasar-delimas-plastic", "normal"),
        ("stasiun-plastic", "empty"),
    ],
)
def test_the_band_is_that_of_the_policy(reader: Client, bin_id: str, band: str) -> None:
    assert bin_of(reader, bin_id)["band"] == band


def test_a_bins_own_threshold_moves_its_band(client: Client, town: Town) -> None:
    change = PutPolicy("bin", "pasar-delimas-plastic", {"call_percent": 60, "rearm_percent": 40})
    town.services().registry.change([change], by="test", now_ms=0)

    found = bin_of(client, "pasar-delimas-plastic")

    assert (found["band"], found["call_percent"]) == ("full", 60)


def test_a_silent_bins_level_is_unknown_and_its_last_one_kept_apart(
    reader: Client, still_town: Town
) -> None:
    found = bin_of(reader, "alun-alun-plastic")

    assert (found["state"], found["band"], found["level_percent"]) == ("silent", "unknown", None)
    assert found["last_level_percent"] == 20
    assert found["heard_at_s"] == still_town.clock.ms // 1000 - 8 * CADENCE_S


def test_a_bin_that_never_spoke_has_no_level(reader: Client) -> None:
    found = bin_of(reader, "alun-alun-residual")

    assert (found["state"], found["band"]) == ("never_heard", "unknown")
    assert (found["level_percent"], found["last_level_percent"], found["heard_at_s"]) == (None,) * 3


def test_a_town_is_invented_where_its_site_says_so(reader: Client) -> None:
    assert reader.get("/v1/bins").json()["invented"] is True


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/v1/bins?format=geojson", "*/*"), ("/v1/bins", GEOJSON)],
    ids=["asked for in the address", "asked for by Accept"],
)
def test_bins_for_a_map(reader: Client, path: str, accept: str) -> None:
    answer = reader.get(path, headers={"Accept": accept})
    body = answer.json()

    assert answer.headers["content-type"] == GEOJSON
    assert body["type"] == "FeatureCollection"
    assert len(body["features"]) == len(BINS)
    first = body["features"][0]
    _, _, lat, lon = HALTES[1]
    assert first["geometry"] == {"type": "Point", "coordinates": [lon, lat]}
    assert first["id"] == first["properties"]["id"] == "alun-alun-organic"


def test_the_address_wins_over_accept(reader: Client) -> None:
    answer = reader.get("/v1/bins?format=json", headers={"Accept": GEOJSON})

    assert answer.headers["content-type"] == "application/json"


def test_an_unknown_bin_is_a_problem(reader: Client) -> None:
    answer = reader.get("/v1/bins/nowhere")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no bin 'nowhere'"
