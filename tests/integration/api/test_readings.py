"""Readings of a bin: which, when, how many, and what is said where that cannot be."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from jemput.store.history import HistoryDownError, Point
from tests.integration.api.town import CADENCE_S, MORNING_S, Client, Town, served
from tests.servers import HOST, free_port

READINGS = "/v1/bins/pasar-delimas-organic/readings"


def read(client: Client, **query: str | int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(READINGS, params=query).json()
    return found


def test_the_last_day_without_being_asked(reader: Client, still_town: Town) -> None:
    body = read(reader)
    now_s = still_town.clock.ms // 1000

    assert (body["from_s"], body["to_s"]) == (now_s + 1 - 86_400, now_s + 1)
    assert [one["at_s"] for one in body["readings"]] == [
        MORNING_S + CADENCE_S * number for number in range(1, 17)
    ]
    assert body["readings"][-1] == {
        "at_s": now_s,
        "fill_percent": 90,
        "level_percent": 90,
        "quality": "ok",
    }
    assert body["complete"] is True


@pytest.mark.parametrize(
    "from_",
    [
        str(MORNING_S + 1200),
        "2026-03-01T08:20:00+07:00",
        "2026-03-01T08:20:00 07:00",
        "2026-03-01T01:20:00Z",
        "2026-03-01 08:20:00+07:00",
    ],
)
def test_times_as_people_write_them(reader: Client, from_: str) -> None:
    body = reader.get(f"{READINGS}?from={from_}&to={MORNING_S + 2400}").json()

    assert [one["at_s"] for one in body["readings"]] == [MORNING_S + 1200, MORNING_S + 1800]


def test_means_over_spans(reader: Client) -> None:
    body = read(reader, every="1h", **{"from": MORNING_S, "to": MORNING_S + 7200})

    assert body["every_s"] == 3600
    assert [one["at_s"] for one in body["readings"]] == [MORNING_S, MORNING_S + 3600]
    assert body["readings"][0]["fill_percent"] == pytest.approx(90)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "query.from: 'yesterday' is no time"),
        ("to=2026-03-01T08:00:00", "query.to: '2026-03-01T08:00:00' has no offset: add +07:00"),
        ("from=1772326800000", "give Unix seconds, not milliseconds"),
        ("from=20&to=10", "query.from: must be before `to`"),
        ("every=often", "query.every: 'often' is no span"),
        ("every=0m", "query.every: '0m' is no span"),
        ("every=1s&from=0&to=100000", "take at least 20s"),
    ],
)
def test_what_is_not_understood_is_said(reader: Client, query: str, sentence: str) -> None:
    answer = reader.get(f"{READINGS}?{query}")

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    assert sentence in answer.json()["detail"]
    assert answer.json()["errors"][0]["where"].startswith("query.")


def test_readings_of_an_unknown_bin(reader: Client) -> None:
    assert reader.get("/v1/bins/nowhere/readings").status_code == 404


@dataclass
class DeafHistory:
    """A history behind an address where nobody listens."""

    port: int

    async def read(
        self, bin_id: str, from_s: int, to_s: int, every_s: int | None = None
    ) -> list[Point]:
        await asyncio.open_connection(HOST, self.port)
        raise AssertionError((bin_id, from_s, to_s, every_s))

    async def trouble(self) -> HistoryDownError | None:
        return HistoryDownError("nobody listens", 0)

    async def close(self) -> None:
        """Nothing is open."""


def test_a_history_that_does_not_answer_is_said_so(town: Town) -> None:
    services = replace(town.services(), history=DeafHistory(free_port()))

    with served(services) as client:
        answer = client.get(READINGS)
        levels = client.get("/v1/bins")

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/history-down"
    assert "Connect call failed" in answer.json()["detail"]
    assert levels.status_code == 200
