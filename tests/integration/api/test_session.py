"""Sessions: signing in, what another site can make a browser do, and guessing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.tries import MOST_BY_ADDRESS, MOST_BY_NAME, MOST_KEPT, WINDOW_S, Tries
from jemput.roles import Role
from jemput.store.accounts import Accounts
from tests.integration.api.guarded import PASSWORD, Guarded, guarded
from tests.integration.api.town import PASSWORDS, Client, Town

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The guarded API, and Sri's account with a password."""
    with guarded(town) as made:
        made.add("sri", Role.OPERATOR, password=PASSWORD)
        yield made


def sign_in(client: Client, name: str = "sri", password: str = PASSWORD) -> httpx.Response:
    return client.post("/v1/session", json={"name": name, "password": password})


def test_a_session_lets_in_until_it_is_signed_out(api: Guarded, budis: str) -> None:
    assert api.client.get("/v1/session").json() == {"user": None, "rights": [], "may_listen": False}
    assert api.client.get("/v1/bins").status_code == 401

    signed_in = sign_in(api.client)
    cookie = signed_in.headers["set-cookie"]

    assert signed_in.json()["user"] == {"name": "sri", "role": "operator", "sites": []}
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert api.client.get("/v1/bins").status_code == 200
    moved = api.client.post(f"/v1/pickups/{budis}/accept", headers=OURS)
    assert moved.json()["moves"][-1]["by"] == "sri"

    token = api.client.cookies["jemput_session"]
    assert api.client.delete("/v1/session", headers=OURS).status_code == 204
    assert "jemput_session" not in api.client.cookies
    api.client.cookies.set("jemput_session", token)
    assert api.client.get("/v1/bins").status_code == 401


def test_a_retired_account_is_out_at_once_however_it_came_in(api: Guarded) -> None:
    sign_in(api.client)
    basic = httpx.BasicAuth("sri", PASSWORD)
    assert httpx.get(f"{api.client.base_url}/v1/bins", auth=basic).status_code == 200

    Accounts(api.town.engine).retire("sri", by="test", now_ms=1)

    assert api.client.get("/v1/bins").status_code == 401
    assert httpx.get(f"{api.client.base_url}/v1/bins", auth=basic).status_code == 401


def test_where_people_come_by_https_the_cookie_travels_by_nothing_else(town: Town) -> None:
    with guarded(town, api_url="https://jemput.example") as api:
        api.add("sri", Role.OPERATOR, password=PASSWORD)

        assert "Secure" in sign_in(api.client).headers["set-cookie"].split("; ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "HOST"}, 200),
    ],
)
def test_a_cookie_moves_nothing_for_another_site(
    api: Guarded, budis: str, headers: dict[str, str], status: int
) -> None:
    sign_in(api.client)
    ours = str(api.client.base_url).rstrip("/")
    sent = {name: value.replace("HOST", ours) for name, value in headers.items()}

    answer = api.client.post(f"/v1/pickups/{budis}/accept", headers=sent)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/from-elsewhere"


def test_another_site_signs_nobody_in_or_out(api: Guarded) -> None:
    body = {"name": "sri", "password": PASSWORD}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert api.client.post("/v1/session", json=body, headers=elsewhere).status_code == 403
    sign_in(api.client)
    assert api.client.delete("/v1/session", headers=elsewhere).status_code == 403
    assert api.client.get("/v1/bins").status_code == 200


@pytest.mark.parametrize("how", ["basic", "session"])
def test_people_choose_passwords_in_their_own_letters(api: Guarded, how: str) -> None:
    password = "kata:sandi rahasiaé🗑"  # noqa: S105 - of an account that lives for a second
    api.add("budi", Role.COLLECTOR, password=password)
    asked = {
        "basic": lambda: api.client.get("/v1/bins", auth=(b"budi", password.encode())),
        "session": lambda: sign_in(api.client, "budi", password),
    }

    assert asked[how]().status_code == 200


@pytest.mark.parametrize(
    "sent", ["Basic", "Basic !", "Basic YnVkaQ==", "Basic //8=", "Digest x", "Bearer", "x"]
)
def test_what_cannot_be_read_is_nobodys(api: Guarded, sent: str) -> None:
    answer = api.client.get("/v1/session", headers={"Authorization": sent})

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/no-user"


def test_a_page_is_not_answered_with_the_browsers_own_question(api: Guarded) -> None:
    asked = {"program": {}, "page": {"Sec-Fetch-Mode": "cors"}}
    said = {
        who: api.client.get("/v1/bins", headers=headers).headers["www-authenticate"].split()[0]
        for who, headers in asked.items()
    }

    assert said == {"program": "Basic", "page": "Bearer"}


def test_who_guesses_is_stopped_and_a_session_is_not(api: Guarded) -> None:
    sign_in(api.client)
    api.services.tries.failed("sri", "198.51.100.7")
    with Client(base_url=api.client.base_url) as guesser:
        ways = [
            sign_in(guesser, password=f"wrong-{one}").status_code for one in range(MOST_BY_NAME - 2)
        ]
        ways.append(guesser.get("/v1/bins", auth=("sri", "wrong")).status_code)
        stopped = [sign_in(guesser), guesser.get("/v1/bins", auth=("sri", PASSWORD))]

    assert set(ways) == {401}
    assert [one.status_code for one in stopped] == [429, 429]
    assert stopped[0].json()["type"] == "/problems/too-many-tries"
    assert 0 < int(stopped[0].headers["retry-after"]) <= WINDOW_S
    assert api.client.get("/v1/bins").status_code == 200


def test_guesses_at_once_are_no_more_than_guesses_one_by_one(api: Guarded) -> None:
    with ThreadPoolExecutor(MOST_BY_NAME * 2) as pool:
        wrong = [f"wrong-{one}" for one in range(MOST_BY_NAME * 2)]
        answers = list(pool.map(lambda one: sign_in(api.client, password=one).status_code, wrong))

    assert set(answers) <= {401, 429}
    assert answers.count(401) <= MOST_BY_NAME < len(answers)


def test_a_password_that_is_no_text_is_not_understood(api: Guarded) -> None:
    body = rb'{"name": "sri", "password": "\ud800"}'
    answer = api.client.post(
        "/v1/session", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422


def test_in_a_demo_users_of_the_file_sign_in_too(client: Client, budis: str) -> None:
    before = client.get("/v1/session").json()
    answer = sign_in(client, "budi", PASSWORDS["budi"])

    assert before == {"user": None, "rights": ["read", "read own"], "may_listen": True}
    assert answer.json()["rights"] == ["move own pickups", "read", "read own"]
    assert client.post(f"/v1/pickups/{budis}/accept", headers=OURS).status_code == 200


def test_a_name_and_an_address_may_fail_so_often_and_then_again_later() -> None:
    now = [0.0]
    tries = Tries(lambda: now[0])
    for one in range(MOST_BY_NAME):
        assert tries.wait_s("sri", "here") == 0
        tries.failed("sri", f"there-{one}")
    assert tries.wait_s("sri", "here") == WINDOW_S
    assert tries.wait_s("budi", "there-0") == 0
    for one in range(MOST_BY_ADDRESS):
        tries.failed(f"name-{one}", "here")
    assert tries.wait_s("budi", "here") == WINDOW_S

    now[0] = WINDOW_S - 0.5
    assert tries.wait_s("sri", "anywhere") == 1
    now[0] = WINDOW_S
    assert tries.wait_s("sri", "here") == 0


def test_what_is_kept_of_failures_is_bounded() -> None:
    tries = Tries(lambda: 0.0)
    for one in range(MOST_KEPT):
        tries.failed(f"name-{one}", f"address-{one}")

    assert len(tries._kept) == MOST_KEPT
