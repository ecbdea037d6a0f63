"""Collectors' own apps over the API: let in, given another password, let in no more."""

import bcrypt

from jemput.roles import Role
from jemput.store.broker_accounts import BrokerAccountStore
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import Town

PATH = "/v1/collectors/budi/app"


def opens(town: Town, password: str) -> bool:
    """Whether a broker would let Budi's app in."""
    live = BrokerAccountStore(town.engine).live()
    found = [one.nats for known, one in live if (known.kind, known.name) == ("collector", "budi")]
    return any(bcrypt.checkpw(password.encode(), one.encode()) for one in found)


def test_a_password_is_shown_once_and_ends_when_it_is_rotated_or_revoked(
    town: Town, api: Guarded
) -> None:
    key = api.add("ani", Role.OPERATOR)
    assert api.ask(key, PATH).json()["may_hear"] is False
    assert api.ask(key, f"{PATH}/rotate", "POST").status_code == 409
    assert api.ask(key, f"{PATH}/revoke", "POST").status_code == 409

    made = api.ask(key, PATH, "POST")
    assert (made.status_code, made.headers["location"]) == (201, PATH)
    assert made.headers["cache-control"] == "no-store"
    first = made.json().pop("password")
    assert made.json()["user"] == "_collector-budi"
    assert made.json()["topic"] == "jemput/v1/collectors/budi/alert"
    assert opens(town, first)
    shown = api.ask(key, PATH)
    assert (shown.json()["may_hear"], shown.json()["is_told"]) == (True, True)
    assert first not in shown.text
    again = api.ask(key, PATH, "POST")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/refused-change")

    second = api.ask(key, f"{PATH}/rotate", "POST").json()["password"]
    assert (opens(town, first), opens(town, second)) == (False, True)
    for _ in range(2):
        ended = api.ask(key, f"{PATH}/revoke", "POST")
        assert (ended.status_code, ended.json()["may_hear"]) == (200, False)
    assert not opens(town, second)
    assert api.ask(key, PATH, "POST").status_code == 201


def test_only_of_collectors_in_use_and_whole_sites(town: Town, api: Guarded) -> None:
    key = api.add("ani", Role.OPERATOR)
    away, partly = (
        api.add("rani", Role.OPERATOR, "other"),
        api.add("lia", Role.OPERATOR, "lubuk-pakam"),
    )

    assert api.ask(away, PATH, "POST").status_code == 404
    assert api.ask(partly, PATH, "POST").status_code == 201
    assert api.ask(key, "/v1/collectors/wati/retire", "POST").status_code == 200
    retired = api.ask(key, "/v1/collectors/wati/app", "POST")
    assert (retired.status_code, retired.json()["detail"]) == (
        409,
        "there is no collector wati in use: make the collector first",
    )
    assert [one.name for one in BrokerAccountStore(town.engine).list(kind="collector")] == ["budi"]
