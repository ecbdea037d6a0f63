"""The registry over the API: made, changed, retired and brought back; whose it is; and files."""

from typing import Any

import httpx
import pytest

from jemput.roles import Role
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import BINS, MORNING_S, Town

SITE = "lubuk-pakam"
BIN = "pasar-delimas-organic"
PLACE = {"site": SITE, "name": "Baru", "lat": 3.56, "lon": 98.87}
NUL = "a%00b"


@pytest.fixture
def key(api: Guarded) -> str:
    """A key of an operator of everything."""
    return api.add("ibu", Role.OPERATOR)


def patch(api: Guarded, key: str, path: str, body: object, etag: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"} | ({"If-Match": etag} if etag else {})
    return api.client.patch(path, json=body, headers=headers)


def kind_of(answer: httpx.Response) -> str:
    name: str = answer.json()["type"]
    return name.removeprefix("/problems/")


def test_a_town_is_made_from_the_site_down_and_retired_from_the_bins_up(
    api: Guarded, key: str
) -> None:
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("sites", {"id": "baru", "name": "Baru", "call_percent": 80}),
        ("haltes", {"id": "h", **PLACE, "site": "baru"}),
        ("zones", {"id": "z", "name": "Z", "haltes": ["h"]}),
        (
            "collectors",
            {"id": "c", "name": "C", "zones": ["z"], "webhook_secret": "rahasia-sekali"},
        ),
        ("bins", {"id": "b", "halte": "h", "waste": "organic", "bin_type": "wheelie-240"}),
    ]
    shown: dict[str, Any] = {}
    for kind, body in bodies:
        made = api.ask(key, f"/v1/{kind}", "POST", body)
        assert (made.status_code, made.headers["location"]) == (201, f"/v1/{kind}/{body['id']}")
        read = api.ask(key, made.headers["location"])
        assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])
        again = api.ask(key, f"/v1/{kind}", "POST", body)
        assert (again.status_code, kind_of(again)) == (409, "already-there")
        shown[kind] = read.json()
    assert shown["bins"]["call_percent"] == 80
    assert "rahasia" not in api.ask(key, "/v1/collectors/c").text + api.ask(key, "/v1/audit").text

    refused = api.ask(key, "/v1/haltes/h/retire", "POST")
    assert (refused.status_code, kind_of(refused)) == (409, "refused-change")
    assert "has 1 bin in use (b)" in refused.json()["detail"]
    for path in ("bins/b", "collectors/c", "zones/z", "haltes/h", "sites/baru"):
        retired = api.ask(key, f"/v1/{path}/retire", "POST", {"from_s": MORNING_S - 1})
        setup = retired.json().get("setup", retired.json())
        assert (retired.status_code, setup["retired_at_s"]) == (200, MORNING_S - 1)
        assert api.ask(key, f"/v1/{path}/retire", "POST").json() == retired.json()
    assert api.ask(key, "/v1/bins?site=baru").json()["bins"] == []
    assert len(api.ask(key, "/v1/bins?site=baru&retired=true").json()["bins"]) == 1
    assert api.ask(key, "/v1/haltes", "POST", bodies[1][1]).status_code == 409
    for kind, body in bodies:
        assert api.ask(key, f"/v1/{kind}", "POST", body).status_code == 201


def test_who_changes_what_somebody_changed_meanwhile_is_told(api: Guarded, key: str) -> None:
    path = "/v1/haltes/stasiun"
    etag = api.ask(key, path).headers["etag"]
    assert patch(api, key, path, {"name": "Stasiun"}, etag).json()["name"] == "Stasiun"

    late = patch(api, key, path, {"name": "Terminal"}, etag)
    assert (late.status_code, kind_of(late)) == (412, "precondition-failed")
    assert patch(api, key, path, {"name": "Terminal"}, late.headers["etag"]).status_code == 200
    assert patch(api, key, path, {"lat": 3.0}, None).json()["name"] == "Terminal"


def test_what_somebody_has_is_not_sent_again(api: Guarded, key: str) -> None:
    for path in (f"/v1/bins/{BIN}", "/v1/sites/lubuk-pakam", "/v1/collectors/budi"):
        first = api.ask(key, path)
        headers = {"Authorization": f"Bearer {key}", "If-None-Match": first.headers["etag"]}
        again = api.client.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]


def test_a_bins_level_may_move_while_its_setup_is_changed(
    api: Guarded, key: str, town: Town
) -> None:
    before = api.ask(key, f"/v1/bins/{BIN}").headers["etag"]
    town.hear(BIN, 40)
    after = api.ask(key, f"/v1/bins/{BIN}").headers["etag"]
    assert after != before

    assert patch(api, key, f"/v1/bins/{BIN}", {"call_percent": 60}, before).status_code == 200
    assert patch(api, key, f"/v1/bins/{BIN}", {"call_percent": 70}, after).status_code == 412


def test_geometry_and_device_are_shown_as_they_were(api: Guarded, key: str) -> None:
    measured = {"empty_mm": 900, "full_mm": 90}
    changed = patch(api, key, f"/v1/bins/{BIN}", {"geometry": measured}, None)
    assert changed.json()["setup"]["geometry"] == measured | {"blind_mm": 0}
    api.ask(key, f"/v1/bins/{BIN}/retire", "POST")

    was, now = (
        api.ask(key, f"/v1/bins/{BIN}{query}").json()["setup"]
        for query in (f"?as_of={MORNING_S - 1}", "")
    )
    assert (was["geometry"]["empty_mm"], was["device"]) == (1000, "dev-0")
    assert (now["geometry"]["empty_mm"], now["device"]) == (900, None)
    assert api.ask(key, f"/v1/bins/{BIN}?as_of=noon").status_code == 422


def test_pages_hold_every_bin_once_in_every_order(api: Guarded, key: str, town: Town) -> None:
    town.hear_all({one: 5 * number for number, one in enumerate(BINS[:7])})
    for sort in ("id", "-id", "level_percent", "-level_percent", "heard_at_s", "waste", "-halte"):
        whole = api.ask(key, f"/v1/bins?sort={sort}").json()
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = api.ask(key, f"/v1/bins?sort={sort}&limit=5{cursor}").json()
            found += page["bins"]
            cursor = page["next"] and f"&cursor={page['next']}"
        assert found == whole["bins"]
        assert {one["id"] for one in found} == set(BINS)
    levels = [
        one["level_percent"] for one in api.ask(key, "/v1/bins?sort=-level_percent").json()["bins"]
    ]
    assert levels == [30, 25, 20, 15, 10, 5, 0, None, None, None, None, None]
    assert len(api.ask(key, "/v1/bins?level_min=15").json()["bins"]) == 4
    other = api.ask(key, "/v1/bins?sort=waste&limit=5").json()["next"]
    for wrong in ("bm9uZQ", "%00", other):
        assert api.ask(key, f"/v1/bins?cursor={wrong}").status_code == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("waste=plastic", 4),
        ("halte=stasiun", 3),
        ("zone=utara", 6),
        ("zone=no-such", 0),
        ("q=DELIMAS", 3),
        ("q=%00", 0),
    ],
)
def test_bins_are_found_by_what_they_are(api: Guarded, key: str, query: str, count: int) -> None:
    assert len(api.ask(key, f"/v1/bins?{query}").json()["bins"]) == count


def test_who_is_of_a_site_sees_and_changes_only_what_is_there(api: Guarded, key: str) -> None:
    api.ask(key, "/v1/sites", "POST", {"id": "lain", "name": "Lain"})
    api.ask(key, "/v1/haltes", "POST", {"id": "jauh", **PLACE, "site": "lain"})
    some = api.add("ani", Role.OPERATOR, "lain")

    assert [one["id"] for one in api.ask(some, "/v1/haltes").json()["haltes"]] == ["jauh"]
    assert api.ask(some, "/v1/haltes/stasiun").status_code == 404
    assert patch(api, some, "/v1/haltes/stasiun", {"name": "X"}, None).status_code == 404
    assert patch(api, some, "/v1/haltes/jauh", {"name": "X"}, None).status_code == 200
    for body in ({"id": "n", **PLACE}, {"id": "n2", **PLACE, "site": "lubuk-pakam"}):
        assert kind_of(api.ask(some, "/v1/haltes", "POST", body)) == "not-yours"
    moved = patch(api, some, "/v1/haltes/jauh", {"site": SITE}, None)
    assert kind_of(moved) == "not-yours"
    zone = {"id": "z", "name": "Z", "haltes": ["jauh", "stasiun"]}
    assert kind_of(api.ask(some, "/v1/zones", "POST", zone)) == "not-yours"
    api.ask(key, "/v1/zones", "POST", zone)
    assert api.ask(some, "/v1/zones/z").status_code == 200
    assert kind_of(api.ask(some, "/v1/zones/z/retire", "POST")) == "not-yours"
    operator = {"id": "operator", "name": "Sri", "zones": []}
    assert kind_of(api.ask(some, "/v1/collectors", "POST", operator)) == "not-yours"


@pytest.mark.parametrize("kind", ["sites", "haltes", "zones", "collectors", "bins"])
def test_an_id_that_is_none_is_not_found(api: Guarded, key: str, kind: str) -> None:
    for one in (NUL, "%F0%9F%97%91", "Pasar", "a" * 5000):
        assert api.ask(key, f"/v1/{kind}/{one}").status_code == 404
        assert api.ask(key, f"/v1/{kind}/{one}/retire", "POST").status_code == 404
        assert patch(api, key, f"/v1/{kind}/{one}", {}, None).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sites", {"id": "a\x00b", "name": "X"}),
        ("sites", {"id": "x", "name": "a\x00b"}),
        ("sites", {"id": "x", "name": "X", "grouping": "waves"}),
        ("haltes", {"id": "x", **PLACE, "lat": 91}),
        ("zones", {"id": "x", "name": "X", "haltes": ["no-such"]}),
        ("collectors", {"id": "x", "name": "X", "zones": [], "channels": ["webhook"]}),
        ("bins", {"id": "x", "halte": "stasiun", "waste": "organic"}),
        ("bins", {"id": "x", "halte": "stasiun", "waste": "organic", "bin_type": "no-such"}),
        ("bins", {"id": "import", "halte": "stasiun", "waste": "a", "bin_type": "drum-200"}),
        (
            "bins",
            {
                "id": "x",
                "halte": "stasiun",
                "waste": "a",
                "bin_type": "drum-200",
                "call_percent": 9,
            },
        ),
    ],
)
def test_what_cannot_be_is_said_and_not_made(
    api: Guarded, key: str, path: str, body: dict[str, object]
) -> None:
    refused = api.ask(key, f"/v1/{path}", "POST", body)

    assert refused.status_code == 422
    assert refused.json()["errors"]
    assert api.ask(key, f"/v1/{path}/x").status_code == 404


def test_an_export_is_what_import_takes_and_bad_rows_are_named(api: Guarded, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "text/csv"}
    text = api.ask(key, "/v1/bins/export").text
    same = api.client.post("/v1/bins/import", content=text, headers=headers)
    assert same.json() == {"dry_run": False, "changed": 0, "unchanged": 12, "refused": []}

    rows = "bin,waste,halte,site,bin_type\nnew,organic,stasiun,lubuk-pakam,drum-200\nX,a,b,c,d\n"
    dry = api.client.post("/v1/bins/import?dry_run=true", content=rows, headers=headers).json()
    assert (dry["changed"], [one["row"] for one in dry["refused"]]) == (1, [3])
    assert api.ask(key, "/v1/bins/new").status_code == 404
    api.client.post("/v1/bins/import", content=rows, headers=headers)
    assert api.ask(key, "/v1/bins/new").status_code == 200
    assert api.client.post("/v1/bins/import", content=b"\xff", headers=headers).status_code == 422
    shapes = api.ask(key, "/v1/bins/export?format=geojson")
    assert len(shapes.json()["features"]) == 13


def test_every_change_is_in_the_log_as_theirs(api: Guarded, key: str) -> None:
    patch(api, key, "/v1/sites/lubuk-pakam", {"call_percent": 80}, None)
    api.ask(key, f"/v1/bins/{BIN}/retire", "POST")

    lines = api.ask(key, "/v1/audit?who=ibu").json()["lines"]
    assert [(one["what"], one["thing"]) for one in lines] == [
        ("retired", BIN),
        ("made", "site/lubuk-pakam"),
        ("changed", SITE),
    ]
