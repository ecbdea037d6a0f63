"""Subscriptions: made, shown, tested, retired; secrets once, and nothing of other sites."""

import sys
from dataclasses import replace
from typing import Any

import httpx
import pytest

from jemput import webhooks
from jemput.roles import Role
from jemput.store.deliveries import Deliveries
from jemput.store.pickups import Pickups
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import GROUP, PASSWORDS, Client, Town, served

URL = "https://dlh.example/hook"
SRI = ("sri", PASSWORDS["sri"])


def subscribe(client: Client, **told: Any) -> httpx.Response:  # noqa: ANN401 - any member
    return client.post("/v1/subscriptions", json={"url": URL, **told}, auth=SRI)


def test_a_subscription_is_made_and_its_secret_is_shown_once(client: Client) -> None:
    made = subscribe(client, label="DLH", events=["pickup.opened"], sites=["lubuk-pakam"])

    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = made.json().pop("secret")
    assert secret.startswith("whsec_")
    shown = client.get(made.headers["Location"], auth=SRI)
    assert shown.json() == {one: told for one, told in made.json().items() if one != "secret"}
    listed = client.get("/v1/subscriptions", auth=SRI)
    assert listed.json()["subscriptions"] == [shown.json()]
    assert secret not in shown.text + listed.text
    assert shown.json()["waiting"] == 0


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"url": "ftp://dlh.example"}, "body.url"),
        ({"url": "http://192.168.0.7/"}, "body.url"),
        ({"url": "http://169.254.169.254/"}, "body.url"),
        ({"url": ""}, "body.url"),
        ({"events": ["pickup.eaten"]}, "body.events.0"),
        ({"sites": ["No Id"]}, "body.sites.0"),
        ({"label": "x" * 101}, "body.label"),
        ({"label": "\0"}, "body.label"),
        ({"secret": "mine"}, "body.secret"),
    ],
)
def test_what_cannot_be_subscribed(reader: Client, told: dict[str, Any], where: str) -> None:
    answer = subscribe(reader, **told)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where


def test_a_site_that_there_is_not(reader: Client) -> None:
    answer = subscribe(reader, sites=["atlantis"])

    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no site 'atlantis'"


def test_a_private_network_needs_the_setting(town: Town) -> None:
    services = replace(town.services(), webhooks_to_lan=True)
    with served(services) as client:
        assert subscribe(client, url="http://192.168.0.7/").status_code == 201
        assert subscribe(client, url="http://169.254.169.254/").status_code == 422


def test_what_it_is_sent_is_listed_page_by_page(client: Client, town: Town, budis: str) -> None:
    made = subscribe(client).json()
    pickups = Pickups(town.engine, GROUP)
    pickups.act("accept", budis, "budi", town.clock.ms)
    pickups.act("collect", budis, "budi", town.clock.ms)
    desk = Deliveries(town.engine, GROUP)
    desk.write_letters(town.clock.ms)
    desk.sent(desk.next()[0], town.clock.ms)
    desk.failed(desk.next()[0], "the receiver answered 503", town.clock.ms + 5000)

    path = f"/v1/subscriptions/{made['id']}"
    first = client.get(f"{path}/deliveries?limit=1", auth=SRI).json()
    assert [one["type"] for one in first["deliveries"]] == ["pickup.collected"]
    assert first["deliveries"][0]["state"] == "waiting"
    assert first["deliveries"][0]["next_at_s"] == town.clock.ms // 1000 + 5
    second = client.get(f"{path}/deliveries?cursor={first['next']}", auth=SRI).json()
    assert [(one["event"], one["state"]) for one in second["deliveries"]] == [
        (f"{budis}/accepted", "sent")
    ]
    assert second["next"] is None
    shown = client.get(path, auth=SRI).json()
    assert (shown["waiting"], shown["trouble"]) == (1, "the receiver answered 503")
    assert shown["sent_at_s"] == town.clock.ms // 1000


def test_a_test_waits_among_the_deliveries(client: Client) -> None:
    path = subscribe(client).headers["Location"]
    asked = client.post(f"{path}/test", auth=SRI)

    assert asked.status_code == 202
    letters = client.get(f"{path}/deliveries", auth=SRI).json()["deliveries"]
    assert [(one["id"], one["type"]) for one in letters] == [(asked.json()["delivery"], "ping")]


def test_a_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(
    client: Client, town: Town
) -> None:
    made = subscribe(client)
    path, old = made.headers["Location"], made.json()["secret"]
    answer = client.post(f"{path}/rotate", auth=SRI)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    new, now_ms = answer.json()["secret"], town.clock.ms
    assert answer.json()["old_signs_until_s"] == now_ms // 1000 + 86_400
    assert new not in client.get(path, auth=SRI).text
    client.post(f"{path}/test", auth=SRI)
    signs = Deliveries(town.engine, GROUP).next()[0].secrets
    assert webhooks.signing(signs, now_ms) == [new, old]
    assert webhooks.signing(signs, now_ms + 86_400_000) == [new]

    last = client.post(f"{path}/rotate", json={"overlap_s": 0}, auth=SRI).json()["secret"]
    signs = Deliveries(town.engine, GROUP).next()[0].secrets
    assert webhooks.signing(signs, now_ms) == [last]
    for wrong in (-1, 31 * 86_400, "1d"):
        refused = client.post(f"{path}/rotate", json={"overlap_s": wrong}, auth=SRI)
        assert refused.status_code == 422


def test_a_retired_one_is_gone(client: Client) -> None:
    path = subscribe(client).headers["Location"]

    assert client.delete(path, auth=SRI).status_code == 204
    for method, there in (
        ("GET", path),
        ("DELETE", path),
        ("POST", f"{path}/test"),
        ("POST", f"{path}/rotate"),
        ("GET", f"{path}/deliveries"),
    ):
        answer = client.request(method, there, auth=SRI)
        assert answer.status_code == 404
        assert answer.json()["type"] == "/problems/not-found"
    assert client.get("/v1/subscriptions", auth=SRI).json() == {"subscriptions": []}


def test_a_cursor_that_no_id_can_be(client: Client) -> None:
    path = subscribe(client).headers["Location"]
    answer = client.get(f"{path}/deliveries?cursor={sys.maxsize}", auth=SRI)
    assert answer.status_code == 422


def test_who_is_of_some_sites_sees_and_makes_only_theirs(api: Guarded) -> None:
    whole, part = api.add("lia", Role.OPERATOR), api.add("rani", Role.OPERATOR, "other")
    path = "/v1/subscriptions"
    everything = api.ask(whole, path, "POST", {"url": URL}).json()["id"]

    assert api.ask(part, path).json() == {"subscriptions": []}
    for method, there in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/rotate")):
        assert api.ask(part, f"{path}/{everything}{there}", method).status_code == 404
    for sites in ([], ["lubuk-pakam"]):
        answer = api.ask(part, path, "POST", {"url": URL, "sites": sites})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/not-yours"
    assert api.ask(whole, f"{path}/{everything}").status_code == 200
