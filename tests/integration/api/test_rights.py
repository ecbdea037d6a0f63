"""Which right each operation needs, tried by every role; a new operation has to be named here."""

import re
from collections.abc import Iterator

import pytest

from jemput.roles import RIGHTS, Right, Role
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.test_openapi import OPERATIONS
from tests.integration.api.town import Town

NEEDS: dict[str, Right | None] = {
    "get /v1/bins": Right.READ_OWN,
    "get /v1/bins/{bin_id}": Right.READ_OWN,
    "get /v1/bins/{bin_id}/readings": Right.READ_OWN,
    "get /v1/sites": Right.READ_OWN,
    "post /v1/sites": Right.CHANGE_TOWN,
    "get /v1/sites/{site_id}": Right.READ_OWN,
    "patch /v1/sites/{site_id}": Right.CHANGE_TOWN,
    "post /v1/sites/{site_id}/retire": Right.CHANGE_TOWN,
    "get /v1/haltes": Right.READ_OWN,
    "post /v1/haltes": Right.CHANGE_TOWN,
    "get /v1/haltes/{halte_id}": Right.READ_OWN,
    "patch /v1/haltes/{halte_id}": Right.CHANGE_TOWN,
    "post /v1/haltes/{halte_id}/retire": Right.CHANGE_TOWN,
    "get /v1/zones": Right.READ,
    "post /v1/zones": Right.CHANGE_TOWN,
    "get /v1/zones/{zone_id}": Right.READ,
    "patch /v1/zones/{zone_id}": Right.CHANGE_TOWN,
    "post /v1/zones/{zone_id}/retire": Right.CHANGE_TOWN,
    "get /v1/collectors": Right.READ,
    "post /v1/collectors": Right.CHANGE_TOWN,
    "get /v1/collectors/{collector_id}": Right.READ,
    "patch /v1/collectors/{collector_id}": Right.CHANGE_TOWN,
    "post /v1/collectors/{collector_id}/retire": Right.CHANGE_TOWN,
    "get /v1/collectors/{collector_id}/app": Right.READ,
    "post /v1/collectors/{collector_id}/app": Right.CHANGE_ACCOUNTS,
    "post /v1/collectors/{collector_id}/app/rotate": Right.CHANGE_ACCOUNTS,
    "post /v1/collectors/{collector_id}/app/revoke": Right.CHANGE_ACCOUNTS,
    "post /v1/bins": Right.CHANGE_TOWN,
    "patch /v1/bins/{bin_id}": Right.CHANGE_TOWN,
    "post /v1/bins/{bin_id}/retire": Right.CHANGE_TOWN,
    "post /v1/bins/import": Right.CHANGE_TOWN,
    "get /v1/bins/export": Right.READ,
    "get /v1/bin-types": Right.READ,
    "get /v1/devices": Right.READ,
    "get /v1/devices/unknown": Right.READ,
    "get /v1/devices/{device_id}": Right.READ,
    "post /v1/devices": Right.CHANGE_DEVICES,
    "post /v1/devices/{device_id}/rotate": Right.CHANGE_DEVICES,
    "post /v1/devices/{device_id}/revoke": Right.CHANGE_DEVICES,
    "post /v1/devices/{device_id}/bind": Right.CHANGE_DEVICES,
    "post /v1/devices/{device_id}/swap": Right.CHANGE_DEVICES,
    "post /v1/devices/{device_id}/take-down": Right.CHANGE_DEVICES,
    "get /v1/pickups": Right.READ_OWN,
    "post /v1/pickups": Right.MOVE,
    "get /v1/pickups/{pickup_id}": Right.READ_OWN,
    "post /v1/pickups/{pickup_id}/accept": Right.MOVE_OWN,
    "post /v1/pickups/{pickup_id}/collect": Right.MOVE_OWN,
    "post /v1/pickups/{pickup_id}/fail": Right.MOVE_OWN,
    "post /v1/pickups/{pickup_id}/withdraw": Right.MOVE,
    "post /v1/pickups/{pickup_id}/confirm": Right.MOVE,
    "get /v1/events": Right.READ,
    "get /v1/audit": Right.READ_AUDIT,
    "post /v1/subscriptions": Right.CHANGE_SUBSCRIPTIONS,
    "post /v1/subscriptions/{subscription_id}/rotate": Right.CHANGE_SUBSCRIPTIONS,
    "get /v1/subscriptions": Right.CHANGE_SUBSCRIPTIONS,
    "get /v1/subscriptions/{subscription_id}": Right.CHANGE_SUBSCRIPTIONS,
    "delete /v1/subscriptions/{subscription_id}": Right.CHANGE_SUBSCRIPTIONS,
    "post /v1/subscriptions/{subscription_id}/test": Right.CHANGE_SUBSCRIPTIONS,
    "get /v1/subscriptions/{subscription_id}/deliveries": Right.CHANGE_SUBSCRIPTIONS,
    "get /ngsi-ld/v1/entities": Right.READ,
    "get /ngsi-ld/v1/entities/{entity_id}": Right.READ,
    "get /ngsi-ld/v1/context.jsonld": None,
    "get /v1/session": None,
    "post /v1/session": None,
    "delete /v1/session": None,
    "get /healthz": None,
    "get /readyz": None,
    "get /metrics": Right.READ,
}
BODIES: dict[str, object] = {
    "post /v1/pickups": {"bin": "no-such"},
    "post /v1/devices/{device_id}/bind": {"bin": "no-such"},
    "post /v1/devices/{device_id}/swap": {"bin": "no-such"},
    "post /v1/pickups/{pickup_id}/fail": {"reason": "other"},
}
KINDS = ("site", "halte", "zone", "collector", "bin")
WRONG_BODY = {
    *("post /v1/session", "post /v1/subscriptions", "get /ngsi-ld/v1/entities"),
    *(f"post /v1/{kind}s" for kind in KINDS),
    *(f"patch /v1/{kind}s/{{{kind}_id}}" for kind in KINDS),
    "post /v1/bins/import",
    "post /v1/devices",
}
"""Asked without what it takes, so that nobody is guessed at."""

REFUSALS = {401: "/problems/no-user", 403: "/problems/not-yours"}
MEMBERS = {"type", "title", "status", "detail", "instance"}


@pytest.fixture(scope="module")
def api(still_town: Town) -> Iterator[Guarded]:
    """The guarded API over the town that nothing changes."""
    with guarded(still_town) as made:
        yield made


@pytest.fixture(scope="module")
def keys(api: Guarded) -> dict[Role, str]:
    """A key of an account of each role."""
    return {role: api.add(f"a-{role}", role) for role in Role}


def status(api: Guarded, name: str, key: str | None) -> int:
    """What an operation answers about things that do not exist; a refusal says nothing else."""
    method, path = name.split()
    path = re.sub(r"{\w+}", "no-such", path)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    asked = api.client.stream(method, path, headers=headers, json=BODIES.get(name))
    with asked as answer:
        if answer.status_code in REFUSALS:
            answer.read()
            told = answer.json()
            assert (told.keys(), told["type"]) == (MEMBERS, REFUSALS[answer.status_code])
        return answer.status_code


def test_every_operation_has_its_right() -> None:
    assert NEEDS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", NEEDS)
def test_a_role_without_the_right_is_refused_and_one_with_it_is_not(
    api: Guarded, keys: dict[Role, str], name: str, role: Role
) -> None:
    right = NEEDS[name]
    answered = status(api, name, keys[role])

    if right is None or right in RIGHTS[role]:
        assert answered in ({422} if name in WRONG_BODY else {200, 204, 404})
    else:
        assert answered == 403


@pytest.mark.parametrize("name", [name for name in NEEDS if NEEDS[name]])
def test_nobody_gets_nothing(api: Guarded, name: str) -> None:
    assert status(api, name, None) == 401
    assert status(api, name, "jk_no-such-key") == 401


def test_a_refusal_is_a_sentence(api: Guarded, keys: dict[Role, str]) -> None:
    nobody = api.ask(None, "/v1/bins").json()["detail"]
    budi = api.ask(keys[Role.COLLECTOR], "/v1/zones").json()["detail"]

    assert nobody == "a user is needed to read here"
    assert budi == "a user who is collector may not read the whole town; ask an operator"
