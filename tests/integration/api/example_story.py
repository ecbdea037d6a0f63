"""What is asked for the examples of the description: each operation once well, once in vain.

In this order, of a town that each step changes. Whoever makes an operation adds it here and runs
`python -m tests.integration.api.examples`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

SITE: Final = "lubuk-pakam"
BIN: Final = "pasar-delimas-organic"
SPARE: Final = "dev-102"
FILE: Final = (
    "bin,waste,halte,site,lat,lon,bin_type\n"
    "lapangan-organic,organic,lapangan,lubuk-pakam,3.5571,98.8702,wheelie-240\n"
)
JSON: Final = "application/json"


@dataclass(frozen=True)
class Step:
    """One request: of which operation, as whom, with what, and which answer is meant."""

    operation: str
    path: str
    status: int
    body: object = None
    who: str | None = "sri"
    headers: dict[str, str] = field(default_factory=dict)
    media: str = JSON


def story() -> Iterator[Step]:
    """Every step."""
    yield from _registry()
    yield from _bins()
    yield from _devices()
    yield from _apps()
    yield from _pickups()
    yield from _people()
    yield from _others()


def _things(name: str, kind: str, made: dict[str, object], change: object) -> Iterator[Step]:
    """A kind of thing, which is made, looked at, changed and retired."""
    path, thing_id = f"/v1/{kind}", made["id"]
    yield Step(f"make_{name}", path, 201, made)
    yield Step(f"make_{name}", path, 409, made)
    yield Step(f"list_{kind}", f"{path}?q={thing_id}", 200)
    yield Step(f"list_{kind}", f"{path}?limit=0", 422)
    yield Step(f"get_{name}", f"{path}/{thing_id}", 200)
    yield Step(f"get_{name}", f"{path}/no-such", 404)
    yield Step(f"change_{name}", f"{path}/{thing_id}", 200, change)
    old = {"If-Match": '"00112233445566778899aabb"'}
    yield Step(f"change_{name}", f"{path}/{thing_id}", 412, change, headers=old)
    retired = {"from_s": 1772326800}
    yield Step(f"retire_{name}", f"{path}/{thing_id}/retire", 200, retired)
    yield Step(f"retire_{name}", f"{path}/no-such/retire", 404, retired)


def _registry() -> Iterator[Step]:
    morning = {"grouping": "waves", "waves": ["07:00", "13:00"]}
    site: dict[str, object] = {"id": "tanjung-morawa", "name": "Tanjung Morawa"}
    yield from _things("site", "sites", site, morning)
    halte: dict[str, object] = {
        "id": "lapangan",
        "site": SITE,
        "name": "Lapangan Segitiga",
        "lat": 3.5571,
        "lon": 98.8702,
    }
    yield from _things("halte", "haltes", halte, {"lat": 3.5572, "lon": 98.8703})
    zone: dict[str, object] = {"id": "timur", "name": "Timur", "haltes": ["tanjung-garbus"]}
    yield from _things("zone", "zones", zone, {"haltes": ["tanjung-garbus", "stasiun"]})
    collector: dict[str, object] = {
        "id": "siti",
        "name": "Siti Rahma",
        "zones": ["selatan"],
        "channels": ["mqtt"],
    }
    yield from _things("collector", "collectors", collector, {"zones": ["utara", "selatan"]})


def _bins() -> Iterator[Step]:
    yield Step("list_bins", f"/v1/bins?q={BIN}", 200)
    yield Step("list_bins", "/v1/bins?limit=0", 422)
    yield Step("get_bin", f"/v1/bins/{BIN}", 200)
    made: dict[str, object] = {
        "id": "stasiun-glass",
        "halte": "stasiun",
        "waste": "glass",
        "bin_type": "wheelie-240",
        "call_percent": 80,
    }
    measured = {"geometry": {"empty_mm": 1080, "full_mm": 150}, "from_s": 1772326800}
    yield from _things("bin", "bins", made, measured)
    yield Step("import_bins", "/v1/bins/import", 200, FILE, media="text/csv")
    yield Step("import_bins", "/v1/bins/import", 422, "tempat;jenis\n", media="text/csv")
    yield Step("export_bins", "/v1/bins/export?format=csv", 200)
    yield Step("export_bins", "/v1/bins/export?format=xlsx", 422)
    yield Step("list_bin_types", "/v1/bin-types", 200)
    yield Step("list_bin_types", "/v1/bin-types", 403, who="budi")
    at = "from=2026-03-01T08:00:00%2B07:00&to=2026-03-01T09:00:00%2B07:00"
    yield Step("list_readings", f"/v1/bins/{BIN}/readings?{at}&every=30m", 200)
    yield Step("list_readings", f"/v1/bins/{BIN}/readings?every=now", 422)


def _devices() -> Iterator[Step]:
    yield Step("list_strangers", "/v1/devices/unknown", 200)
    yield Step("list_strangers", "/v1/devices/unknown", 403, who="budi")
    made = {"id": SPARE, "site": SITE}
    yield Step("provision_device", "/v1/devices", 201, made)
    yield Step("provision_device", "/v1/devices", 409, made)
    yield Step("list_devices", f"/v1/devices?q={SPARE}", 200)
    yield Step("list_devices", "/v1/devices?limit=0", 422)
    yield Step("rotate_device", f"/v1/devices/{SPARE}/rotate", 200)
    yield Step("rotate_device", "/v1/devices/no-such/rotate", 404)
    hanging = {"bin": "lapangan-organic"}
    yield Step("bind_device", f"/v1/devices/{SPARE}/bind", 200, hanging)
    yield Step("bind_device", f"/v1/devices/{SPARE}/bind", 409, {"bin": BIN})
    yield Step("get_device", f"/v1/devices/{SPARE}", 200)
    yield Step("get_device", "/v1/devices/no-such", 404)
    at = {"from_s": 1772336400}
    yield Step("take_device_down", f"/v1/devices/{SPARE}/take-down", 200, at)
    yield Step("take_device_down", f"/v1/devices/{SPARE}/take-down", 409, at)
    yield Step("swap_device", f"/v1/devices/{SPARE}/swap", 200, {"bin": BIN})
    yield Step("swap_device", f"/v1/devices/{SPARE}/swap", 404, {"bin": "no-such"})
    yield Step("revoke_device", f"/v1/devices/{SPARE}/revoke", 200)
    yield Step("revoke_device", "/v1/devices/no-such/revoke", 404)


def _apps() -> Iterator[Step]:
    app, none = "/v1/collectors/budi/app", "/v1/collectors/no-such/app"
    yield Step("provision_collector_app", app, 201)
    yield Step("provision_collector_app", app, 409)
    yield Step("get_collector_app", app, 200)
    yield Step("get_collector_app", none, 404)
    yield Step("rotate_collector_app", f"{app}/rotate", 200)
    yield Step("rotate_collector_app", f"{none}/rotate", 404)
    yield Step("revoke_collector_app", f"{app}/revoke", 200)
    yield Step("revoke_collector_app", f"{none}/revoke", 404)


def _pickups() -> Iterator[Step]:
    mine = "/v1/pickups/{pickup}"
    yield Step("list_pickups", f"/v1/pickups?bin={BIN}", 200)
    yield Step("list_pickups", "/v1/pickups?state=closed", 422)
    bags = {"note": "dua kantong"}
    yield Step("accept_pickup", f"{mine}/accept", 200, bags, who="budi")
    yield Step("accept_pickup", f"{mine}/accept", 409, who="sri")
    yield Step("collect_pickup", f"{mine}/collect", 200, bags, who="budi")
    yield Step("collect_pickup", "/v1/pickups/{unaccepted}/collect", 409, who="wati")
    yield Step("get_pickup", mine, 200)
    yield Step("get_pickup", "/v1/pickups/no-such", 404)
    yield Step("confirm_pickup", f"{mine}/confirm", 200, {"note": "dilihat sendiri"})
    yield Step("confirm_pickup", f"{mine}/confirm", 403, who="budi")
    yield Step("accept_pickup", "/v1/pickups/{unaccepted}/accept", 200, who="wati")
    locked = {"reason": "no_access", "note": "gerbang terkunci"}
    yield Step("fail_pickup", "/v1/pickups/{unaccepted}/fail", 200, locked, who="wati")
    yield Step("fail_pickup", "/v1/pickups/{unaccepted}/fail", 422, {"reason": "lunch"}, who="wati")
    opened = {"bin": "alun-alun-organic", "note": "pesta di alun-alun"}
    yield Step("open_pickup", "/v1/pickups", 201, opened)
    yield Step("open_pickup", "/v1/pickups", 409, opened)
    yield Step("withdraw_pickup", "/v1/pickups/{by_hand}/withdraw", 200, {"note": "sudah kosong"})
    yield Step("withdraw_pickup", "/v1/pickups/{unaccepted}/withdraw", 409)


def _people() -> Iterator[Step]:
    who = {"name": "budi", "password": "sapu lidi di teras"}
    yield Step("sign_in", "/v1/session", 200, who, who=None)
    yield Step("sign_in", "/v1/session", 401, {**who, "password": "lupa"}, who=None)
    yield Step("who_am_i", "/v1/session", 200, who="budi")
    wrong = {"Authorization": "Bearer jk_no-such-key"}
    yield Step("who_am_i", "/v1/session", 401, who=None, headers=wrong)
    here = {"Sec-Fetch-Site": "same-origin"}
    yield Step("sign_out", "/v1/session", 204, who=None, headers=here)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    yield Step("sign_out", "/v1/session", 403, who=None, headers=elsewhere)
    yield Step("search_audit", "/v1/audit?kind=pickup&who=budi&limit=1", 200)
    yield Step("search_audit", "/v1/audit?limit=0", 422)


def _others() -> Iterator[Step]:
    one = "/v1/subscriptions/{subscription}"
    hook = {
        "url": "https://disposal.example/hooks/jemput",
        "label": "Dinas Lingkungan Hidup",
        "events": ["pickup.opened", "bin.silent"],
        "sites": [SITE],
    }
    yield Step("subscribe", "/v1/subscriptions", 201, hook)
    yield Step("subscribe", "/v1/subscriptions", 422, {"url": "http://192.168.0.7/hook"})
    yield Step("list_subscriptions", "/v1/subscriptions", 200)
    yield Step("list_subscriptions", "/v1/subscriptions", 403, who="budi")
    yield Step("get_subscription", one, 200)
    yield Step("get_subscription", "/v1/subscriptions/no-such", 404)
    yield Step("test_subscription", f"{one}/test", 202)
    yield Step("test_subscription", "/v1/subscriptions/no-such/test", 404)
    yield Step("list_deliveries", f"{one}/deliveries", 200)
    yield Step("list_deliveries", "/v1/subscriptions/no-such/deliveries", 404)
    yield Step("rotate_subscription", f"{one}/rotate", 200, {"overlap_s": 3600})
    yield Step("rotate_subscription", "/v1/subscriptions/no-such/rotate", 404)
    yield Step("retire_subscription", one, 204)
    yield Step("retire_subscription", "/v1/subscriptions/no-such", 404)
    entity = f"urn:ngsi-ld:WasteContainer:{BIN}"
    yield Step("list_entities", "/ngsi-ld/v1/entities?type=WasteContainer&limit=1", 200)
    yield Step("list_entities", "/ngsi-ld/v1/entities", 422)
    yield Step("get_entity", f"/ngsi-ld/v1/entities/{entity}", 200)
    yield Step("get_entity", "/ngsi-ld/v1/entities/urn:ngsi-ld:WasteContainer:no-such", 404)
    yield Step("get_context", "/ngsi-ld/v1/context.jsonld", 200, who=None)
    yield Step("listen", "/v1/events", 403, who="budi")
    yield Step("is_alive", "/healthz", 200, who=None)
    yield Step("is_ready", "/readyz", 200, who=None)
    yield Step("read_metrics", "/metrics", 200)
    yield Step("read_metrics", "/metrics", 403, who="budi")
