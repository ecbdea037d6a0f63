"""A database that its town left: said so, instead of an error that nobody expected."""

from uuid import uuid4

import pytest
from sqlalchemy import update

from jemput.store.database import MOVED, MOVING, writing
from jemput.store.moving import close_town
from jemput.store.schema import about
from tests.integration.api.conftest import NEVER_HEARD
from tests.integration.api.town import PASSWORDS, Client, Town

WHERE = "postgresql://jemput@db.example/jemput"


@pytest.fixture(autouse=True)
def moved(town: Town) -> None:
    """It is closed, and the copy is complete."""
    close_town(town.engine, WHERE)
    with writing(town.engine) as connection:
        connection.execute(update(about).where(about.c.key == MOVING).values(key=MOVED))


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": str(uuid4())}])
def test_acts_are_refused_with_where_the_town_is(
    client: Client, budis: str, headers: dict[str, str]
) -> None:
    asked = (
        (f"/v1/pickups/{budis}/accept", None),
        ("/v1/pickups", {"bin": NEVER_HEARD}),
        ("/v1/subscriptions", {"url": "https://dlh.example/"}),
    )
    for path, body in asked:
        answer = client.post(path, json=body, headers=headers, auth=("sri", PASSWORDS["sri"]))
        assert answer.status_code == 503, answer.text
        assert answer.json()["type"] == "/problems/database-moved"
        assert WHERE in answer.json()["detail"]
        assert "JEMPUT_DATABASE_URL" in answer.json()["detail"]


def test_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["status"] == "down"
    assert WHERE in answer.json()["dependencies"][0]["sentence"]


def test_while_it_is_copied_it_goes_on_reading(client: Client, town: Town) -> None:
    with writing(town.engine) as connection:
        connection.execute(update(about).where(about.c.key == MOVED).values(key=MOVING))

    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert client.get("/v1/bins").status_code == 200
