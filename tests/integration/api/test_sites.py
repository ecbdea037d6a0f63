"""Who is of some sites learns and changes nothing of others, whatever they ask."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest

from jemput.geometry import Geometry
from jemput.registry import PutBin, PutHalte, PutSite
from jemput.roles import Role
from jemput.things import Bin, Halte, Site
from tests.integration.api.conftest import lively, open_pickup
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.test_openapi import OPERATIONS, UNGUARDED
from tests.integration.api.town import CADENCE_S

OURS: Final = "galang"
TOWN: Final = (
    PutSite(Site(OURS, "Galang")),
    PutHalte(Halte(OURS, OURS, "Pasar Galang", 3.47, 98.9)),
    PutBin(Bin(f"{OURS}-organic", OURS, "organic", Geometry(1000, 0), CADENCE_S)),
)
THEIRS: Final = re.compile(
    r"lubuk|delimas|alun-alun|stasiun|garbus|utara|selatan|budi|wati|dev-\d|disposal", re.IGNORECASE
)
"""Words of the other site: its things, its people, its devices, who is told of it."""
IDS: Final = {
    "bin_id": "pasar-delimas-organic",
    "site_id": "lubuk-pakam",
    "halte_id": "stasiun",
    "zone_id": "utara",
    "collector_id": "budi",
    "device_id": "dev-0",
    "entity_id": "urn:ngsi-ld:WasteContainer:pasar-delimas-organic",
}
QUERIES: Final = {"get /ngsi-ld/v1/entities": "?type=WasteContainer,WasteContainerIsle"}
OF_ANYBODY: Final = {"get /v1/session"}
REFUSED_BY_ROW: Final = "post /v1/bins/import"
ASKED: Final = [name for name in OPERATIONS if name not in UNGUARDED | OF_ANYBODY]
ROLES: Final = [role for role in Role if role is not Role.COLLECTOR]
"""A collector is of their zones: see test_own.py."""


@dataclass
class World:
    """A town of two sites, whose other site has everything, and people of ours."""

    api: Guarded
    sri: str
    keys: dict[Role, str]
    ids: dict[str, str]
    before: dict[str, str] = field(default_factory=dict)

    def ask(self, role: Role, name: str, ids: dict[str, str]) -> httpx.Response:
        """As one of us, for those things, with the body that the description has."""
        method, path = name.split()
        content: dict[str, Any] = OPERATIONS[name].get("requestBody", {}).get("content", {})
        media = next(iter(content), "application/json")
        body = content.get(media, {}).get("example")
        headers = {"Authorization": f"Bearer {self.keys[role]}", "Content-Type": media}
        return self.api.client.request(
            method,
            path.format(**ids) + QUERIES.get(name, ""),
            headers=headers,
            content=body if isinstance(body, str) else json.dumps(body) if body else None,
        )

    def whole(self, name: str) -> httpx.Response:
        """What somebody of every site is answered to a list; the live town never ends."""
        path = "/healthz" if "{" in name or name == "get /v1/events" else name.split()[1]
        return self.api.ask(self.sri, path + QUERIES.get(name, ""))

    def everything(self) -> dict[str, str]:
        """What there is of the whole town."""
        paths = (
            *("bins/export", "bins?retired=true", "sites", "haltes", "zones", "collectors"),
            *("devices?limit=1000", "pickups?state=all", "subscriptions", "audit?limit=1000"),
        )
        return {path: self.api.ask(self.sri, f"/v1/{path}").text for path in paths}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all, since nothing may change in it."""
    town = lively(tmp_path_factory.mktemp("two"))
    town.services().registry.change(TOWN, by="test", now_ms=0)
    with guarded(town) as api:
        sri = api.add("sri", Role.OPERATOR)
        hook = {"url": "https://disposal.example/hook", "sites": ["lubuk-pakam"]}
        told = api.ask(sri, "/v1/subscriptions", "POST", hook).json()
        pickup = open_pickup(town, "pasar-delimas-organic")
        ids = {**IDS, "pickup_id": pickup, "subscription_id": told["id"]}
        keys: dict[Role, str] = {role: api.add(f"our-{role}", role, OURS) for role in ROLES}
        made = World(api, sri, keys, ids)
        made.before = made.everything()
        yield made
    town.engine.dispose()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ASKED)
def test_nothing_of_another_site_is_answered(world: World, name: str, role: Role) -> None:
    answer = world.ask(role, name, world.ids)
    sent = (answer.request.content + answer.request.url.raw_path).decode()

    if name == REFUSED_BY_ROW and answer.is_success:
        assert answer.json()["changed"] == 0
    elif "{" in name:
        absent = world.ask(role, name, dict.fromkeys(world.ids, "no-such"))
        asked = world.ids[re.findall(r"{(\w+)}", name)[0]]
        assert answer.status_code in {403, 404}, answer.text
        assert answer.text.replace(asked, "no-such") == absent.text
    else:
        assert answer.status_code in ({200, 403} if name.startswith("get ") else {403, 404})
        assert [one for one in THEIRS.findall(answer.text) if one not in sent] == []
    assert name.startswith("get ") or world.everything() == world.before


def test_what_is_theirs_would_be_seen(world: World) -> None:
    seen = [name for name in ASKED if THEIRS.search(world.whole(name).text)]

    assert {"get /v1/bins", "get /v1/devices", "get /metrics", "get /v1/audit"} <= set(seen)
