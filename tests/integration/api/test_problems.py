"""Errors: every one is a problem, and every kind has a page."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.problems import KINDS
from jemput.store.history import EmbeddedReader, Point
from tests.integration.api.town import Client, Town, served

MEMBERS = {"type", "title", "status", "detail", "instance"}


def test_nothing_at_an_address(reader: Client) -> None:
    answer = reader.get("/v2/bins")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "nothing is at /v2/bins; /openapi.json lists what there is",
        "instance": "/v2/bins",
    }


def test_a_method_that_an_address_does_not_take(reader: Client) -> None:
    answer = reader.delete("/v1/bins")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["type"] == "/problems/method-not-allowed"
    assert answer.json()["detail"] == "/v1/bins does not take DELETE"


def test_a_body_that_is_no_json(reader: Client) -> None:
    answer = reader.post(
        "/v1/pickups",
        content=b"{",
        headers={"Content-Type": "application/json"},
        auth=("sri", "password-of-sri"),
    )

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    assert answer.json().keys() == MEMBERS | {"errors"}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_page_of_its_own(reader: Client, name: str) -> None:
    answer = reader.get(KINDS[name].type)

    assert answer.status_code == 200
    assert KINDS[name].title in answer.text


def test_a_kind_that_there_is_not(reader: Client) -> None:
    assert reader.get("/problems/bad-luck").status_code == 404


def test_a_database_that_does_not_answer(client: Client, town: Town, tmp_path: Path) -> None:
    town.engine.dispose()
    for file in tmp_path.glob("town.db*"):
        file.unlink()

    answer = client.get("/v1/bins")

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/database-down"
    assert answer.json().keys() == MEMBERS


class BrokenHistory(EmbeddedReader):
    """A history with a mistake in it."""

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None
    ) -> list[Point]:
        raise ZeroDivisionError((bin_id, from_s, to_s, every_s))


def test_what_nobody_expected_tells_nothing_of_the_inside(town: Town) -> None:
    with served(replace(town.services(), history=BrokenHistory(town.history))) as client:
        answer = client.get("/v1/bins/stasiun-organic/readings")

    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal-error"
    assert "ZeroDivision" not in answer.text


def test_every_answer_keeps_a_browser_safe(reader: Client) -> None:
    for path in ("/", "/v1/bins", "/nowhere", "/page/page.css"):
        headers = reader.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
