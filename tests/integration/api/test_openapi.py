"""The description for machines: fresh, complete, and with names that stay."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api import openapi
from tests.integration.api.town import Client

COMMITTED: dict[str, Any] = json.loads(openapi.FILE.read_text())
OPERATIONS = {
    f"{method} {path}": operation
    for path, methods in COMMITTED["paths"].items()
    for method, operation in methods.items()
}
UNGUARDED = {
    *("get /healthz", "get /readyz", "post /v1/session", "delete /v1/session"),
    "get /ngsi-ld/v1/context.jsonld",
}
NAMES = {
    "get /v1/bins": "list_bins",
    "get /v1/bins/{bin_id}": "get_bin",
    "get /v1/bins/{bin_id}/readings": "list_readings",
    "get /v1/sites": "list_sites",
    "post /v1/sites": "make_site",
    "get /v1/sites/{site_id}": "get_site",
    "patch /v1/sites/{site_id}": "change_site",
    "post /v1/sites/{site_id}/retire": "retire_site",
    "get /v1/haltes": "list_haltes",
    "post /v1/haltes": "make_halte",
    "get /v1/haltes/{halte_id}": "get_halte",
    "patch /v1/haltes/{halte_id}": "change_halte",
    "post /v1/haltes/{halte_id}/retire": "retire_halte",
    "get /v1/zones": "list_zones",
    "post /v1/zones": "make_zone",
    "get /v1/zones/{zone_id}": "get_zone",
    "patch /v1/zones/{zone_id}": "change_zone",
    "post /v1/zones/{zone_id}/retire": "retire_zone",
    "get /v1/collectors": "list_collectors",
    "post /v1/collectors": "make_collector",
    "get /v1/collectors/{collector_id}": "get_collector",
    "patch /v1/collectors/{collector_id}": "change_collector",
    "post /v1/collectors/{collector_id}/retire": "retire_collector",
    "get /v1/collectors/{collector_id}/app": "get_collector_app",
    "post /v1/collectors/{collector_id}/app": "provision_collector_app",
    "post /v1/collectors/{collector_id}/app/rotate": "rotate_collector_app",
    "post /v1/collectors/{collector_id}/app/revoke": "revoke_collector_app",
    "post /v1/bins": "make_bin",
    "patch /v1/bins/{bin_id}": "change_bin",
    "post /v1/bins/{bin_id}/retire": "retire_bin",
    "post /v1/bins/import": "import_bins",
    "get /v1/bins/export": "export_bins",
    "get /v1/bin-types": "list_bin_types",
    "get /v1/devices": "list_devices",
    "get /v1/devices/unknown": "list_strangers",
    "get /v1/devices/{device_id}": "get_device",
    "post /v1/devices": "provision_device",
    "post /v1/devices/{device_id}/rotate": "rotate_device",
    "post /v1/devices/{device_id}/revoke": "revoke_device",
    "post /v1/devices/{device_id}/bind": "bind_device",
    "post /v1/devices/{device_id}/swap": "swap_device",
    "post /v1/devices/{device_id}/take-down": "take_device_down",
    "get /v1/pickups": "list_pickups",
    "post /v1/pickups": "open_pickup",
    "get /v1/pickups/{pickup_id}": "get_pickup",
    "post /v1/pickups/{pickup_id}/accept": "accept_pickup",
    "post /v1/pickups/{pickup_id}/collect": "collect_pickup",
    "post /v1/pickups/{pickup_id}/fail": "fail_pickup",
    "post /v1/pickups/{pickup_id}/withdraw": "withdraw_pickup",
    "post /v1/pickups/{pickup_id}/confirm": "confirm_pickup",
    "get /v1/events": "listen",
    "post /v1/subscriptions": "subscribe",
    "get /v1/subscriptions": "list_subscriptions",
    "get /v1/subscriptions/{subscription_id}": "get_subscription",
    "delete /v1/subscriptions/{subscription_id}": "retire_subscription",
    "post /v1/subscriptions/{subscription_id}/rotate": "rotate_subscription",
    "post /v1/subscriptions/{subscription_id}/test": "test_subscription",
    "get /v1/subscriptions/{subscription_id}/deliveries": "list_deliveries",
    "get /ngsi-ld/v1/entities": "list_entities",
    "get /ngsi-ld/v1/entities/{entity_id}": "get_entity",
    "get /ngsi-ld/v1/context.jsonld": "get_context",
    "get /v1/session": "who_am_i",
    "post /v1/session": "sign_in",
    "delete /v1/session": "sign_out",
    "get /v1/audit": "search_audit",
    "get /healthz": "is_alive",
    "get /readyz": "is_ready",
    "get /metrics": "read_metrics",
}


def test_the_committed_description_is_fresh() -> None:
    assert openapi.main(["--check"]) == 0


def test_a_stale_description_is_said_so_and_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.json")

    assert openapi.main(["--check"]) == 1
    assert "run python -m api.openapi" in capsys.readouterr().err
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0


def test_the_served_description_is_the_committed_one(reader: Client) -> None:
    assert reader.get("/openapi.json").json() == COMMITTED


def test_operations_keep_their_names() -> None:
    assert {name: one["operationId"] for name, one in OPERATIONS.items()} == NAMES


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_explains_itself_and_its_errors(name: str) -> None:
    operation = OPERATIONS[name]

    assert operation["summary"]
    assert operation["description"]
    assert len(operation["tags"]) == 1
    for status, response in operation["responses"].items():
        if int(status) >= 400 and name != "get /readyz":
            assert list(response["content"]) == ["application/problem+json"]


def test_people_read_the_same_operations_on_one_plain_page(reader: Client) -> None:
    text = reader.get("/docs").text

    for name, operation in OPERATIONS.items():
        assert f'id="{operation["operationId"]}"' in text
        assert name.split()[1] in text
    assert not re.findall(r"""(?:src|href)=["']?(?:[a-z]+:|//)""", text)


def test_the_page_and_the_description_begin_with_what_somebody_new_wants(reader: Client) -> None:
    text, names = reader.get("/docs").text, [tag["name"] for tag in COMMITTED["tags"]]
    ids = [one["operationId"] for one in OPERATIONS.values()]

    assert {tag for one in OPERATIONS.values() for tag in one["tags"]} == set(names)
    assert names[:3] == ["pickups", "acts", "bins"]
    assert next(iter(OPERATIONS)) == "get /v1/pickups"
    assert min(ids, key=lambda one: text.index(f'<section id="{one}"')) == "list_pickups"
    assert text.index('id="list_bins"') < text.index('id="import_bins"')


def test_the_page_shows_what_is_sent_and_answered(reader: Client) -> None:
    text = reader.get("/docs").text
    shown = text[text.index('id="accept_pickup"') :].partition("</section>")[0]

    assert "&quot;note&quot;: &quot;dua kantong&quot;" in shown
    assert "&quot;state&quot;: &quot;accepted&quot;" in shown


@pytest.mark.parametrize("name", OPERATIONS.keys() - UNGUARDED)
def test_what_needs_a_user_says_how_one_is_known(name: str) -> None:
    ways: list[dict[str, list[str]]] = [{"HTTPBasic": []}, {"HTTPBearer": []}, {"APIKeyCookie": []}]

    assert OPERATIONS[name]["security"] == ways + ([{}] if name == "get /v1/session" else [])
    assert {"401", "429"} <= OPERATIONS[name]["responses"].keys()


def test_every_reference_leads_somewhere() -> None:
    schemas = COMMITTED["components"]["schemas"]
    text = json.dumps(COMMITTED)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert named <= schemas.keys()
    assert {"FeatureCollection", "Town", "Now", "Problem"} <= schemas.keys()
    assert "HTTPValidationError" not in schemas
