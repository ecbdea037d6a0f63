"""The registry, where somebody was faster, or where a thing was another's."""

import httpx
import pytest

from jemput.roles import Role
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import BINS, Town

BIN, PLACE = BINS[0], {"name": "Pasar Galang", "lat": 3.47, "lon": 98.9}


@pytest.fixture
def key(api: Guarded) -> str:
    """A key of an operator of everything, who made a second site."""
    made = api.add("ibu", Role.OPERATOR)
    api.ask(made, "/v1/sites", "POST", {"id": "galang", "name": "Galang"})
    api.ask(made, "/v1/haltes", "POST", {"id": "galang", "site": "galang", **PLACE})
    return made


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_nothing_is_retired_that_somebody_changed_meanwhile(api: Guarded, key: str) -> None:
    path = f"/v1/bins/{BIN}"
    old = api.ask(key, path).headers["etag"]
    headers = {"Authorization": f"Bearer {key}", "If-Match": old}
    api.client.patch(path, json={"call_percent": 61}, headers=headers).raise_for_status()

    late = api.client.post(f"{path}/retire", headers=headers)
    assert kind_of(late) == (412, "precondition-failed")
    assert api.ask(key, path).json()["setup"]["retired_at_s"] is None
    headers["If-Match"] = late.headers["etag"]
    assert api.client.post(f"{path}/retire", headers=headers).status_code == 200


def test_what_was_anothers_is_not_brought_back_to_ones_own_place(api: Guarded, key: str) -> None:
    ani = api.add("ani", Role.OPERATOR, "galang")
    api.ask(key, f"/v1/bins/{BIN}/retire", "POST").raise_for_status()
    mine = {"id": BIN, "halte": "galang", "waste": "organic", "bin_type": "wheelie-240"}

    assert kind_of(api.ask(ani, "/v1/bins", "POST", mine)) == (403, "not-yours")
    assert api.ask(key, f"/v1/bins/{BIN}").json()["setup"]["retired_at_s"] is not None
    assert api.ask(key, "/v1/bins", "POST", mine).status_code == 201


def test_what_comes_back_is_logged_as_such(api: Guarded, key: str) -> None:
    api.ask(key, "/v1/haltes/galang/retire", "POST").raise_for_status()
    again = {"id": "galang", "site": "galang", **PLACE}

    assert api.ask(key, "/v1/haltes", "POST", again).status_code == 201
    lines = api.ask(key, "/v1/audit?kind=halte&thing=galang").json()["lines"]
    assert [one["what"] for one in lines] == ["brought back", "retired", "made"]


def test_what_is_out_of_use_is_not_changed_but_made_again(api: Guarded, key: str) -> None:
    path = "/v1/haltes/galang"
    api.ask(key, f"{path}/retire", "POST").raise_for_status()

    refused = api.ask(key, path, "PATCH", {"name": "Lain"})
    assert kind_of(refused) == (409, "refused-change")
    assert "make it again (POST)" in refused.json()["detail"]
    assert api.ask(key, path).json()["name"] == PLACE["name"]


def test_nothing_is_retired_ahead_of_time(api: Guarded, town: Town, key: str) -> None:
    now_s, path = town.clock.ms // 1000, f"/v1/bins/{BIN}"

    ahead = api.ask(key, f"{path}/retire", "POST", {"from_s": now_s + 1})
    assert kind_of(ahead) == (422, "invalid-request")
    assert api.ask(key, path).json()["setup"]["retired_at_s"] is None
    assert api.ask(key, f"{path}/retire", "POST", {"from_s": now_s}).status_code == 200
