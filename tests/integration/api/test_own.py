"""What is whose: a collector's own pickups, and the sites of an account."""

from collections.abc import Iterator

import pytest

from api.services import Limits
from jemput.geometry import Geometry
from jemput.registry import PutBin, PutHalte, PutSite
from jemput.roles import Role
from jemput.things import Bin, Halte, Site
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.town import BINS, CADENCE_S, Town
from tests.servers import wait_until

FAR = "galang-organic"
ELSEWHERE = (
    PutSite(Site("galang", "Galang")),
    PutHalte(Halte("galang", "galang", "Pasar Galang", 3.47, 98.9)),
    PutBin(Bin(FAR, "galang", "organic", Geometry(1000, 0), CADENCE_S)),
)


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The guarded API over a town with a second site."""
    town.services().registry.change(ELSEWHERE, by="test", now_ms=0)
    with guarded(town) as made:
        yield made


def ids(api: Guarded, key: str, kind: str) -> set[str]:
    return {one["id"] for one in api.ask(key, f"/v1/{kind}").json()[kind]}


def test_a_collector_sees_only_their_own_pickups(api: Guarded, budis: str, nobodys: str) -> None:
    budi, sri = api.add("budi", Role.COLLECTOR), api.add("sri", Role.OPERATOR)

    assert ids(api, budi, "pickups") == {budis}
    assert {budis, nobodys} < ids(api, sri, "pickups")
    bins = {one["id"]: one["pickup"] for one in api.ask(budi, "/v1/bins").json()["bins"]}
    assert bins.keys() == {*BINS, FAR}
    assert [one["id"] for one in bins.values() if one] == [budis]
    assert api.ask(budi, "/v1/bins/tanjung-garbus-residual").json()["pickup"] is None


@pytest.mark.parametrize("act", ["", "/accept", "/collect", "/fail"])
def test_anothers_pickup_is_to_a_collector_as_if_it_were_not(
    api: Guarded, budis: str, act: str
) -> None:
    wati = api.add("wati", Role.COLLECTOR)
    method = "POST" if act else "GET"
    body = {"reason": "other"} if act == "/fail" else None

    hidden = api.ask(wati, f"/v1/pickups/{budis}{act}", method, body)
    absent = api.ask(wati, f"/v1/pickups/no-such{act}", method, body)

    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.text.replace(budis, "no-such") == absent.text


def test_a_collector_moves_their_own(api: Guarded, budis: str) -> None:
    budi = api.add("budi", Role.COLLECTOR)

    answer = api.ask(budi, f"/v1/pickups/{budis}/accept", "POST")

    assert answer.json()["state"] == "accepted"


def test_who_is_of_a_site_sees_and_moves_only_what_is_there(api: Guarded, budis: str) -> None:
    far, near = (api.add(f"d-{site}", Role.DISPATCHER, site) for site in ("galang", "lubuk-pakam"))

    assert ids(api, far, "bins") == {FAR}
    assert ids(api, near, "bins") == set(BINS)
    assert api.ask(far, "/v1/bins").json()["sites"] == [{"id": "galang", "name": "Galang"}]
    assert ids(api, far, "pickups") == set()
    assert budis in ids(api, near, "pickups")
    assert api.ask(far, f"/v1/bins/{BINS[0]}").status_code == 404
    assert api.ask(far, f"/v1/bins/{BINS[0]}/readings").status_code == 404
    assert api.ask(far, f"/v1/pickups/{budis}/accept", "POST").status_code == 404
    assert api.ask(far, "/v1/pickups", "POST", {"bin": BINS[1]}).status_code == 404
    assert api.ask(near, f"/v1/pickups/{budis}/accept", "POST").status_code == 200
    assert api.ask(far, "/v1/pickups", "POST", {"bin": FAR}).status_code == 201


def test_the_live_town_and_the_log_are_for_who_sees_all_of_it(api: Guarded) -> None:
    some, whole = api.add("a-far", Role.OPERATOR, "galang"), api.add("sri", Role.OPERATOR)

    listening = {"Authorization": f"Bearer {some}"}
    with api.client.stream("GET", "/v1/events", headers=listening) as answer:
        assert answer.status_code == 403
    assert api.ask(some, "/v1/audit").status_code == 403
    assert api.ask(some, "/v1/session").json()["may_listen"] is False
    assert api.ask(whole, "/v1/session").json()["may_listen"] is True
    assert api.ask(whole, "/v1/audit").status_code == 200


def test_a_listener_is_asked_anew_who_it_is(town: Town) -> None:
    limits = Limits(look_every_s=0.1, heartbeat_s=0.2, listen_s=0.4)
    with guarded(town, limits=limits) as api:
        key = api.add("sri", Role.OPERATOR)
        headers = {"Authorization": f"Bearer {key}"}
        with api.client.stream("GET", "/v1/events", headers=headers) as answer:
            said = answer.read().decode()

        assert "event: snapshot" in said
        wait_until(lambda: "api_listeners 0" in api.ask(key, "/metrics").text, 3, "its leaving")


def test_every_change_of_a_pickup_is_in_the_log(api: Guarded, budis: str) -> None:
    sri, ani = api.add("sri", Role.OPERATOR), api.add("ani", Role.AUDITOR)
    refused = api.ask(sri, f"/v1/pickups/{budis}/collect", "POST")
    api.ask(sri, f"/v1/pickups/{budis}/accept", "POST", {"note": "segera"})
    api.ask(sri, f"/v1/pickups/{budis}/collect", "POST")
    opened = api.ask(sri, "/v1/pickups", "POST", {"bin": FAR}).json()["id"]

    lines = api.ask(ani, "/v1/audit?kind=pickup&who=sri").json()["lines"]

    assert refused.status_code == 409
    changes = [(one["what"], one["thing"]) for one in lines]
    assert changes == [("opened", opened), ("collected", budis), ("accepted", budis)]
    assert (lines[0]["before"], lines[0]["after"]["bin"]) == (None, FAR)
    assert (lines[2]["before"]["state"], lines[2]["after"]["state"]) == ("requested", "accepted")
    assert lines[2]["after"]["note"] == "segera"
    assert lines[2]["at_s"] == api.town.clock.ms // 1000


def test_the_log_is_read_page_by_page(api: Guarded) -> None:
    ani = api.add("ani", Role.AUDITOR)
    whole = api.ask(ani, "/v1/audit?who=guard").json()
    first = api.ask(ani, "/v1/audit?who=guard&limit=1").json()
    second = api.ask(ani, f"/v1/audit?who=guard&limit=1&cursor={first['next']}").json()

    assert whole["next"] is None
    assert first["lines"] + second["lines"] == whole["lines"]
    assert [(one["kind"], one["what"]) for one in whole["lines"]] == [
        ("key", "made"),
        ("account", "made"),
    ]
    assert second["next"] is None
    assert api.ask(ani, "/v1/audit?thing=ani").json()["lines"] == whole["lines"][1:]
    assert api.ask(ani, "/v1/audit?cursor=0").status_code == 422
