"""FIWARE: what is known of bins and haltes in the model's own words, and nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from api import ngsi
from jemput.roles import Role
from jemput.store.database import writing
from jemput.store.schema import incident
from tests.integration.api.conftest import NEVER_HEARD, SILENT
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.town import BINS, GROUP, HALTES, MORNING_S, Client, Town

PATH = "/ngsi-ld/v1/entities"
LD = {"Accept": "application/ld+json"}
ALLOWED = {"id", "type", "location", "address", "binId", "isleId", "storedWasteKind", "status"} | {
    *("binFullnessThreshold", "refWasteContainerIsle", "fillingLevel", "binLoggedTime"),
    *("dateLastEmptying", "refDevice"),
}


def entity(client: Client, bin_id: str, **query: str) -> dict[str, Any]:
    answer = client.get(f"{PATH}/urn:ngsi-ld:WasteContainer:{bin_id}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_bin_as_a_waste_container(reader: Client, still_town: Town) -> None:
    heard = "2026-03-01T03:40:00Z"
    assert still_town.clock.ms // 1000 - MORNING_S == 16 * 600

    assert entity(reader, "pasar-delimas-organic") == {
        "id": "urn:ngsi-ld:WasteContainer:pasar-delimas-organic",
        "type": "WasteContainer",
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [98.8721, 3.5583]},
        },
        "address": {"type": "Property", "value": {"district": "Lubuk Pakam (invented)"}},
        "binId": {"type": "Property", "value": "pasar-delimas-organic"},
        "isleId": {"type": "Property", "value": "pasar-delimas"},
        "storedWasteKind": {"type": "Property", "value": "organic"},
        "status": {"type": "Property", "value": "unknown"},
        "binFullnessThreshold": {"type": "Property", "value": 75, "unitCode": "P1"},
        "refWasteContainerIsle": {
            "type": "Relationship",
            "object": "urn:ngsi-ld:WasteContainerIsle:pasar-delimas",
        },
        "fillingLevel": {
            "type": "Property",
            "value": 0.9,
            "unitCode": "C62",
            "observedAt": heard,
        },
        "binLoggedTime": {"type": "Property", "value": {"@type": "DateTime", "@value": heard}},
        "refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:Device:dev-0"},
    }


def test_keys_and_values_alone(reader: Client) -> None:
    found = entity(reader, "pasar-delimas-organic", options="keyValues")

    assert found["fillingLevel"] == 0.9
    assert found["binLoggedTime"] == "2026-03-01T03:40:00Z"
    assert found["location"] == {"type": "Point", "coordinates": [98.8721, 3.5583]}
    assert found["refDevice"] == "urn:ngsi-ld:Device:dev-0"


@pytest.mark.parametrize("bin_id", [SILENT, NEVER_HEARD])
def test_a_level_that_is_not_known_is_left_out(reader: Client, bin_id: str) -> None:
    found = entity(reader, bin_id)

    assert "fillingLevel" not in found
    assert ("binLoggedTime" in found) == (bin_id == SILENT)


def test_levels_are_fractions_and_no_attribute_is_made_up(reader: Client) -> None:
    found = reader.get(PATH, params={"type": "WasteContainer"}).json()

    assert [one["binId"]["value"] for one in found] == sorted(BINS)
    for one in found:
        assert one.keys() <= ALLOWED
        assert 0 <= one.get("fillingLevel", {"value": 0})["value"] <= 1
        assert one["storedWasteKind"]["value"] in {"organic", "plastic", "other"}


def test_a_halte_as_an_isle_with_its_bins(reader: Client) -> None:
    found = reader.get(PATH, params={"type": "WasteContainerIsle"}).json()

    assert [one["name"]["value"] for one in found] == [one[1] for one in sorted(HALTES)]
    assert found[0]["refWasteContainer"]["object"] == [
        f"urn:ngsi-ld:WasteContainer:alun-alun-{waste}"
        for waste in ("organic", "plastic", "residual")
    ]
    alone = reader.get(f"{PATH}/{found[0]['id']}")
    assert alone.json() == found[0]


def test_pages_and_how_many_there_are(reader: Client) -> None:
    kinds = {"type": "WasteContainer,WasteContainerIsle", "count": "true"}
    whole = reader.get(PATH, params=kinds)
    assert whole.headers["NGSILD-Results-Count"] == "16"
    assert 'rel="next"' not in whole.headers["Link"]

    pages: list[dict[str, Any]] = []
    url: str | None = f"{PATH}?type=WasteContainer,WasteContainerIsle&limit=5"
    while url:
        answer = reader.get(url)
        assert "NGSILD-Results-Count" not in answer.headers
        pages += answer.json()
        url = answer.links.get("next", {}).get("url")
    assert pages == whole.json()
    only = reader.get(PATH, params={**kinds, "limit": "0"})
    assert (only.json(), only.headers["NGSILD-Results-Count"]) == ([], "16")
    assert reader.get(PATH, params={**kinds, "offset": "99"}).json() == []


def test_a_type_that_is_not_here_is_nothing(reader: Client) -> None:
    assert reader.get(PATH, params={"type": "Vehicle"}).json() == []


@pytest.mark.parametrize(
    "query", ["", "type=x&limit=-1", "type=x&limit=1001", "type=x&options=big"]
)
def test_what_is_not_understood(reader: Client, query: str) -> None:
    assert reader.get(f"{PATH}?{query}").json()["type"] == "/problems/invalid-request"


@pytest.mark.parametrize(
    "name", ["pasar-delimas-organic", "urn:ngsi-ld:WasteContainer:none", "urn:ngsi-ld:Vehicle:x"]
)
def test_an_entity_that_there_is_not(reader: Client, name: str) -> None:
    assert reader.get(f"{PATH}/{name}").json()["type"] == "/problems/not-found"


def test_the_context_is_linked_or_inside_and_explains_every_attribute(reader: Client) -> None:
    plain = reader.get(PATH, params={"type": "WasteContainer"})
    context = plain.links["http://www.w3.org/ns/json-ld#context"]["url"]
    inside = reader.get(PATH, params={"type": "WasteContainer"}, headers=LD)

    assert plain.headers["Content-Type"] == "application/json"
    assert inside.headers["Content-Type"] == "application/ld+json"
    assert [{**one, "@context": [context, ngsi.CORE]} for one in plain.json()] == inside.json()
    terms = reader.get(context).json()["@context"]
    isles = reader.get(PATH, params={"type": "WasteContainerIsle"}).json()
    names = {name for one in (*plain.json(), *isles) for name in one} - {"id", "type"}
    assert names <= terms.keys()
    assert terms["fillingLevel"].startswith("https://smartdatamodels.org/dataModel.Waste")


def test_a_bin_that_fell_over_or_burns_says_so(client: Client, town: Town) -> None:
    there = {"group_id": GROUP, "site": "lubuk-pakam", "detail": "", "opened_ms": town.clock.ms}
    with writing(town.engine) as connection:
        for kind, scope in (("heat", BINS[0]), ("tilt", BINS[0]), ("tilt", BINS[1])):
            connection.execute(insert(incident).values(kind=kind, scope=scope, **there))

    assert entity(client, BINS[0])["status"]["value"] == "burning"
    assert entity(client, BINS[1])["status"]["value"] == "dropped"
    assert entity(client, BINS[2])["status"]["value"] == "unknown"


def test_an_emptying_that_was_seen_is_told(client: Client, town: Town) -> None:
    town.hear("pasar-delimas-organic", *[5] * 8)
    found = entity(client, "pasar-delimas-organic", options="keyValues")

    assert found["dateLastEmptying"] > "2026-03-01T03:40:00Z"


@pytest.fixture(scope="module")
def api(still_town: Town) -> Iterator[Guarded]:
    with guarded(still_town, api_url="https://jemput.example/") as made:
        yield made


def test_who_is_of_another_site_reads_nothing_of_this_one(api: Guarded) -> None:
    key = api.add("wayan", Role.DISPATCHER, "other")

    assert api.ask(key, f"{PATH}?type=WasteContainer,WasteContainerIsle").json() == []
    one = api.ask(key, f"{PATH}/urn:ngsi-ld:WasteContainer:{BINS[0]}")
    assert one.status_code == 404


def test_the_context_is_where_people_reach_it(api: Guarded) -> None:
    key = api.add("made", Role.AUDITOR)
    answer = api.ask(key, f"{PATH}?type=WasteContainer")
    assert "<https://jemput.example/ngsi-ld/v1/context.jsonld>" in answer.headers["Link"]
    assert api.ask(None, "/ngsi-ld/v1/context.jsonld").status_code == 200
