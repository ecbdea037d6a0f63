"""A POST under a key: done once, answered as often as it is asked."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from api import idempotency
from jemput.pickup import Pickup
from jemput.roles import Role
from jemput.store import keyed
from jemput.store.keyed import Claim
from jemput.store.pickups import Pickups
from jemput.store.schema import audit, keyed_request
from tests.integration.api.guarded import Guarded, guarded
from tests.integration.api.test_rights import BODIES, NEEDS
from tests.integration.api.town import PASSWORDS, Client, Town, served

BIN = "alun-alun-organic"
DEEDS = [name for name, right in NEEDS.items() if name.startswith("post ") and right]


def open_pickup(
    client: Client, key: str, bin_id: str = BIN, as_: str = "sri", note: str | None = None
) -> httpx.Response:
    body = {"bin": bin_id} | ({"note": note} if note else {})
    headers = {b"Idempotency-Key": key.encode()}
    return client.post(
        "/v1/pickups", json=body, headers=headers, auth=(as_, PASSWORDS[as_]), timeout=60
    )


def opened(town: Town) -> int:
    """How many pickups were opened, by what the audit log says."""
    query = select(audit.c.id).where(audit.c.what == "opened")
    with town.engine.connect() as connection:
        return len(connection.execute(query).all())


@pytest.fixture
def key() -> str:
    return str(uuid4())


def test_the_same_request_again_is_answered_and_not_done_again(
    client: Client, town: Town, key: str
) -> None:
    first = open_pickup(client, key)
    again = open_pickup(client, key)
    quoted = open_pickup(client, f'"{key}"')

    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    for one in (again, quoted):
        assert (one.status_code, one.content) == (201, first.content)
        assert one.headers["Idempotency-Replayed"] == "true"
        assert one.headers["Location"] == first.headers["Location"]
        assert one.headers["Content-Type"] == first.headers["Content-Type"]
    assert opened(town) == 1
    assert open_pickup(client, str(uuid4())).json()["type"] == "/problems/already-open"


def test_another_request_under_the_key_is_refused(client: Client, town: Town, key: str) -> None:
    open_pickup(client, key)

    for answer in (
        open_pickup(client, key, note="x"),
        client.post(
            "/v1/pickups/none/confirm",
            headers={"Idempotency-Key": key},
            auth=("sri", PASSWORDS["sri"]),
        ),
    ):
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/other-request"
    assert opened(town) == 1


def test_another_speaker_has_other_keys(client: Client, key: str) -> None:
    open_pickup(client, key)

    assert open_pickup(client, key, as_="dian").json()["type"] == "/problems/already-open"


def test_what_was_refused_may_be_sent_again(client: Client, town: Town, key: str) -> None:
    assert open_pickup(client, key, "no-such").status_code == 404
    assert open_pickup(client, key).status_code == 201
    assert opened(town) == 1


@pytest.mark.parametrize("bad", ["short", "x" * 256, "with spaces in between", "ä" * 20, ""])
def test_a_key_that_is_none(client: Client, town: Town, bad: str) -> None:
    answer = open_pickup(client, bad)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "header.Idempotency-Key"
    assert opened(town) == 0


def test_of_many_at_once_one_is_done(client: Client, town: Town, key: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: open_pickup(client, key), range(8)))

    assert {one.status_code for one in answers} <= {201, 409}
    assert {one.content for one in answers if one.status_code == 201} == {
        open_pickup(client, key).content
    }
    for one in answers:
        if one.status_code == 409:
            assert one.json()["type"] == "/problems/still-running"
            assert one.headers["Retry-After"] == "1"
    assert opened(town) == 1


class SlowPickups(Pickups):
    """Waits before it writes until it is told."""

    go = threading.Event()
    began = threading.Event()

    def open_by_hand(self, opened: Pickup, site: str, by: str) -> None:
        """Open it, later."""
        self.began.set()
        assert self.go.wait(60)
        super().open_by_hand(opened, site, by)


@pytest.fixture
def slow(town: Town) -> Iterator[Client]:
    """An API that takes its time."""
    services = town.services()
    SlowPickups.go.clear()
    SlowPickups.began.clear()
    pickups = SlowPickups(town.engine, services.group)
    with served(replace(services, pickups=pickups)) as client:
        yield client


def test_while_the_first_runs_the_second_is_told_so(slow: Client, town: Town, key: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(open_pickup, slow, key)
        assert SlowPickups.began.wait(60)
        second = open_pickup(slow, key)
        SlowPickups.go.set()

    assert second.json()["type"] == "/problems/still-running"
    assert first.result().status_code == 201
    assert opened(town) == 1


def test_who_was_too_slow_and_taken_over_changes_nothing(
    slow: Client, town: Town, key: str
) -> None:
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(open_pickup, slow, key)
        assert SlowPickups.began.wait(60)
        with town.engine.begin() as connection:
            connection.execute(update(keyed_request).values(turn="of another"))
        SlowPickups.go.set()

    assert first.result().json()["type"] == "/problems/still-running"
    assert opened(town) == 0


def test_a_client_that_hung_up_finds_its_answer(slow: Client, town: Town, key: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        slow.post(
            "/v1/pickups",
            json={"bin": BIN},
            headers={"Idempotency-Key": key},
            auth=("sri", PASSWORDS["sri"]),
            timeout=0.5,
        )
    assert SlowPickups.began.wait(60)
    SlowPickups.go.set()
    answer = open_pickup(slow, key)
    while answer.status_code == 409:
        answer = open_pickup(slow, key)

    assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert opened(town) == 1


def test_a_process_that_ends_between_effect_and_answer_is_not_repeated(
    client: Client, town: Town, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claim, "finish", lambda *_: None)
    assert open_pickup(client, key).status_code == 201
    monkeypatch.undo()
    assert open_pickup(client, key).json()["type"] == "/problems/still-running"
    monkeypatch.setattr(keyed, "TURN_MS", 0)

    answer = open_pickup(client, key)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/answer-lost"
    assert opened(town) == 1


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("the disk is full"))

    monkeypatch.setattr(Claim, "finish", fail)
    assert open_pickup(client, key).status_code == 201


def test_an_answer_that_is_too_long_is_not_kept(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LARGEST_ANSWER", 10)
    assert open_pickup(client, key).status_code == 201

    assert open_pickup(client, key).json()["type"] == "/problems/answer-lost"


@pytest.fixture(scope="module")
def api(still_town: Town) -> Iterator[Guarded]:
    """The guarded API over the town that nothing changes."""
    with guarded(still_town) as made:
        yield made


@pytest.fixture(scope="module")
def operator(api: Guarded) -> str:
    return api.add("key-bearer", Role.OPERATOR)


@pytest.mark.parametrize("name", DEEDS)
def test_every_deed_heeds_the_key(api: Guarded, operator: str, name: str) -> None:
    path = name.split()[1].replace("{", "no-").replace("}", "")
    headers = {"Authorization": f"Bearer {operator}", "Idempotency-Key": "short"}
    answer = api.client.post(path, headers=headers, json=BODIES.get(name))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "header.Idempotency-Key"


def test_who_lost_the_right_is_not_answered_again(town: Town, key: str) -> None:
    with guarded(town) as api:
        held = api.add("dewi", Role.DISPATCHER)
        headers = {"Authorization": f"Bearer {held}", "Idempotency-Key": key}
        first = api.client.post("/v1/pickups", json={"bin": BIN}, headers=headers)
        api.add("dewi", Role.AUDITOR)
        again = api.client.post("/v1/pickups", json={"bin": BIN}, headers=headers)

    assert (first.status_code, again.status_code) == (201, 403)
    assert BIN not in again.text


def test_nothing_readable_of_an_answer_is_in_the_database(
    client: Client, town: Town, key: str
) -> None:
    open_pickup(client, key, note="gerbang biru")
    with town.engine.begin() as connection:
        row = connection.execute(select(keyed_request)).one()
        connection.execute(delete(keyed_request))

    assert b"gerbang" not in repr(tuple(row)).encode()
    assert key not in repr(tuple(row))
