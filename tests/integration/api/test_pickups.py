"""Pickups: listed, explained, opened by hand."""

from tests.integration.api.town import Client, Town


def test_open_pickups_are_listed_and_closed_ones_only_when_asked_for(
    client: Client, town: Town, budis: str, nobodys: str
) -> None:
    client.act("sri", f"/v1/pickups/{nobodys}/withdraw")

    open_ones = {one["id"] for one in client.get("/v1/pickups").json()["pickups"]}
    all_ones = {one["id"] for one in client.get("/v1/pickups?state=all").json()["pickups"]}

    assert budis in open_ones
    assert nobodys not in open_ones
    assert all_ones == {*open_ones, nobodys}
    assert client.get("/v1/pickups").json()["now_s"] == town.clock.ms // 1000


def test_the_pickups_of_one_bin(reader: Client, still_budis: str) -> None:
    found = reader.get("/v1/pickups?bin=pasar-delimas-organic").json()["pickups"]

    assert [one["id"] for one in found] == [still_budis]
    assert reader.get("/v1/pickups?bin=nowhere").json()["pickups"] == []


def test_a_pickup_says_where_who_and_why(reader: Client, still_budis: str) -> None:
    found = reader.get(f"/v1/pickups/{still_budis}").json()

    assert (found["bin"], found["waste"]) == ("pasar-delimas-organic", "organic")
    assert (found["collector"], found["collector_name"]) == ("budi", "Budi Santoso")
    assert found["halte"]["name"] == "Pasar Delimas"
    assert (found["reason"], found["why"]["rule"]) == ("FULLNESS", "fullness")
    assert found["why"]["numbers"]["level_percent"] == 90
    assert found["why"]["numbers"]["call_percent"] == 75
    assert {one["fill_percent"] for one in found["why"]["evidence"]} == {90}
    assert found["why"]["evidence"][0]["device"] == "dev-0"
    assert [(one["state"], one["by"]) for one in found["moves"]] == [("requested", "fold")]


def test_an_unknown_pickup_is_a_problem(reader: Client) -> None:
    answer = reader.get("/v1/pickups/no-such")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no pickup 'no-such'"


def test_an_unknown_state_is_not_understood(reader: Client) -> None:
    answer = reader.get("/v1/pickups?state=lost")

    assert answer.status_code == 422
    assert "'open' or 'all'" in answer.json()["detail"]


def test_a_pickup_opened_by_hand_is_there_at_once_and_the_fold_tells_its_collector(
    client: Client, town: Town
) -> None:
    answer = client.act("dian", "/v1/pickups", {"bin": "stasiun-plastic", "note": "bau"})
    opened = answer.json()

    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/pickups/{opened['id']}"
    assert (opened["reason"], opened["state"]) == ("MANUAL", "requested")
    assert (opened["collector"], opened["note"]) == ("wati", "bau")
    assert opened["why"] == {"rule": "by_hand", "numbers": {"level_percent": 20}, "evidence": []}
    assert [(one["by"], one["note"]) for one in opened["moves"]] == [("dian", "bau")]
    entry = town.write()
    assert any(getattr(one, "recipient", "") == "wati" for one in entry.decisions)


def test_a_bin_that_never_spoke_can_be_called_by_hand(client: Client) -> None:
    answer = client.act("dian", "/v1/pickups", {"bin": "alun-alun-residual"})

    assert answer.json()["why"]["numbers"] == {}


def test_a_bin_has_one_open_pickup(reader: Client) -> None:
    answer = reader.act("sri", "/v1/pickups", {"bin": "pasar-delimas-organic"})

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/already-open"
    assert answer.json()["detail"] == "bin pasar-delimas-organic has an open pickup already"
    assert answer.json()["bin"] == "pasar-delimas-organic"


def test_an_unknown_bin_cannot_be_called(reader: Client) -> None:
    assert reader.act("sri", "/v1/pickups", {"bin": "nowhere"}).status_code == 404


def test_a_collector_does_not_open_pickups(reader: Client) -> None:
    answer = reader.act("wati", "/v1/pickups", {"bin": "stasiun-plastic"})

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/not-yours"


def test_opening_needs_a_user(reader: Client) -> None:
    assert reader.post("/v1/pickups", json={"bin": "stasiun-plastic"}).status_code == 401
