"""Acts: who may move a pickup, and to where; one answer at once."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from jemput.pickup import State
from tests.integration.api.town import PASSWORDS, Client, Town

ACTS = ("accept", "collect", "fail", "withdraw", "confirm")
BODIES = {"fail": {"reason": "no_access"}}


def act(client: Client, as_: str, pickup: str, kind: str, body: object = None) -> httpx.Response:
    return client.act(as_, f"/v1/pickups/{pickup}/{kind}", body or BODIES.get(kind))


def states(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["state"], one["by"]) for one in answer.json()["moves"]]


def test_a_collector_accepts_collects_and_the_level_proves_it(
    client: Client, town: Town, budis: str
) -> None:
    assert act(client, "budi", budis, "accept").status_code == 200
    answer = act(client, "budi", budis, "collect", {"note": "dua kantong"})

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["note"]) == ("collected", "dua kantong")
    assert states(answer) == [("requested", "fold"), ("accepted", "budi"), ("collected", "budi")]
    town.hear("pasar-delimas-organic", *[5] * 8)
    assert client.get(f"/v1/pickups/{budis}").json()["state"] == "verified"


def test_the_fold_takes_what_somebody_did(client: Client, town: Town, budis: str) -> None:
    act(client, "budi", budis, "accept")
    town.write()

    held = town.fold.state.bins["pasar-delimas-organic"].pickup
    assert held is not None
    assert held.state is State.ACCEPTED


@pytest.mark.parametrize("user", ["sri", "dian"])
def test_operators_and_dispatchers_may_do_everything(
    client: Client, user: str, budis: str, nobodys: str
) -> None:
    answers = [act(client, user, budis, kind) for kind in ("accept", "collect", "confirm")]
    answers += [act(client, user, nobodys, kind) for kind in ("accept", "fail")]

    assert [one.status_code for one in answers] == [200] * 5
    assert answers[2].json()["state"] == "verified"
    assert answers[4].json()["note"] == "no_access"


def test_a_failure_says_why(client: Client, budis: str) -> None:
    act(client, "budi", budis, "accept")
    answer = act(client, "budi", budis, "fail", {"reason": "damaged", "note": "roda lepas"})

    assert (answer.json()["state"], answer.json()["note"]) == ("failed", "damaged: roda lepas")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (None, "body"),
        ({"note": "x"}, "body.reason"),
        ({"reason": "tired"}, "no_access"),
        ({"reason": "other", "who": "me"}, "body.who"),
        ({"reason": "other", "note": "x" * 501}, "500"),
    ],
)
def test_a_failure_that_does_not_say_why_is_not_understood(
    reader: Client, still_budis: str, body: object, sentence: str
) -> None:
    path = f"/v1/pickups/{still_budis}/fail"
    answer = reader.post(path, json=body, auth=("budi", PASSWORDS["budi"]))

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["accept", "collect", "fail"])
def test_a_collector_does_not_move_anothers_pickup(
    reader: Client, still_budis: str, kind: str
) -> None:
    answer = act(reader, "wati", still_budis, kind)

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/not-yours"
    assert answer.json()["detail"] == f"pickup {still_budis} belongs to budi"
    assert reader.get(f"/v1/pickups/{still_budis}").json()["state"] == "requested"


def test_a_collector_does_not_take_a_pickup_that_is_nobodys(
    reader: Client, still_nobodys: str
) -> None:
    answer = act(reader, "budi", still_nobodys, "accept")

    assert answer.status_code == 403
    assert "belongs to nobody yet" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["withdraw", "confirm"])
def test_a_collector_does_not_close_even_their_own(client: Client, budis: str, kind: str) -> None:
    act(client, "budi", budis, "accept")
    answer = act(client, "budi", budis, kind)

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/not-yours"
    assert "a user who is collector may not move pickups" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["collect", "fail", "confirm"])
def test_a_move_that_there_is_not_is_refused_with_a_sentence(
    reader: Client, still_budis: str, kind: str
) -> None:
    answer = act(reader, "sri", still_budis, kind)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/refused-move"
    assert answer.json()["detail"].startswith(
        f"pickup {still_budis} is requested; it cannot become"
    )


def test_who_comes_second_is_told_who_was_first(client: Client, budis: str) -> None:
    act(client, "budi", budis, "accept")
    answer = act(client, "sri", budis, "accept")

    assert answer.status_code == 409
    assert answer.json()["detail"] == f"pickup {budis} was accepted by budi"


def test_of_two_who_accept_at_once_exactly_one_does(client: Client, budis: str) -> None:
    users = ["sri", "dian", "budi"] * 4
    with ThreadPoolExecutor(len(users)) as pool:
        answers = list(pool.map(lambda user: act(client, user, budis, "accept"), users))

    winners = {user for user, one in zip(users, answers, strict=True) if one.status_code == 200}
    losers = [one for one in answers if one.status_code == 409]
    moves = client.get(f"/v1/pickups/{budis}").json()["moves"]
    assert len(winners) == 1
    assert len(losers) == 8  # four of the winner's own requests are repeats, answered alike
    assert [one["by"] for one in moves if one["state"] == "accepted"] == list(winners)


def test_a_request_repeated_because_its_answer_was_lost_is_answered_as_before(
    client: Client, budis: str
) -> None:
    first = act(client, "budi", budis, "accept")
    again = act(client, "budi", budis, "accept")

    assert again.status_code == 200
    assert again.json()["moves"] == first.json()["moves"]


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_needs_a_user(reader: Client, still_budis: str, kind: str) -> None:
    answer = reader.post(f"/v1/pickups/{still_budis}/{kind}", json=BODIES.get(kind))

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/no-user"
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("auth", [("sri", "wrong"), ("nobody", PASSWORDS["sri"]), ("", "")])
def test_a_wrong_name_or_password_is_no_user(
    reader: Client, still_budis: str, auth: tuple[str, str]
) -> None:
    answer = reader.post(f"/v1/pickups/{still_budis}/accept", auth=auth)

    assert answer.status_code == 401
    assert answer.json()["detail"] == "no user has this name and password"


def test_credentials_that_are_no_credentials_are_a_problem_too(
    reader: Client, still_budis: str
) -> None:
    answer = reader.post(f"/v1/pickups/{still_budis}/accept", headers={"Authorization": "Basic !"})

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/no-user"


def test_an_act_that_another_web_site_makes_a_browser_send_is_refused(
    reader: Client, still_budis: str
) -> None:
    answer = reader.post(
        f"/v1/pickups/{still_budis}/accept",
        headers={"Sec-Fetch-Site": "cross-site"},
        auth=("sri", PASSWORDS["sri"]),
    )

    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/from-elsewhere"


@pytest.mark.parametrize("kind", ACTS)
def test_an_unknown_pickup_cannot_be_moved(reader: Client, kind: str) -> None:
    assert act(reader, "sri", "no-such", kind).status_code == 404


@pytest.mark.parametrize("kind", ACTS)
def test_reading_never_moves_a_pickup(reader: Client, still_budis: str, kind: str) -> None:
    answer = reader.get(f"/v1/pickups/{still_budis}/{kind}", auth=("sri", PASSWORDS["sri"]))

    assert answer.status_code == 405
    assert reader.get(f"/v1/pickups/{still_budis}").json()["state"] == "requested"
