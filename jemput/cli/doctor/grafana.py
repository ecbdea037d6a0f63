"""Grafana, where the settings name one: whether it has our boards, and gets answers for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

from dashboards.packed import packed
from dashboards.sources import INFLUX_UID, PROMETHEUS_UID
from jemput.cli.doctor.finding import Finding, bad, doubt, good
from jemput.cli.grafana.client import Grafana, GrafanaError

PUSH: Final = "jemput grafana push --dry-run says how, without it they are put right"
SOURCES: Final = {
    INFLUX_UID: "jemput grafana push --influx URL",
    PROMETHEUS_UID: "jemput grafana push --prometheus URL",
}


def grafana(url: str | None, token: str) -> Iterator[Finding]:
    """Ask it for boards and data sources; nothing where none is named."""
    if url is not None:
        yield from asyncio.run(_found(url, token))


async def _found(url: str, token: str) -> list[Finding]:
    async with Grafana.open(url, token) as asked:
        try:
            return [finding async for finding in _look(asked, url)]
        except GrafanaError as error:
            return [bad("Grafana", str(error), "check JEMPUT_GRAFANA_URL and _TOKEN")]


async def _look(asked: Grafana, url: str) -> AsyncIterator[Finding]:
    yield good("Grafana", f"{url} is version {await asked.version()}")
    missing = [board["title"] for board in packed("id") if await asked.board(board["uid"]) is None]
    if missing:
        yield doubt("Grafana", f"it lacks {len(missing)} of our boards", PUSH)
    else:
        yield good("Grafana", "it has all our boards")
    for uid, remedy in SOURCES.items():
        if await asked.source(uid) is None:
            yield doubt("Grafana", f"it has no data source {uid}", remedy)
            continue
        is_well, words = await asked.health(uid)
        sentence = f"its data source {uid} says: {words}"
        yield good("Grafana", sentence) if is_well else bad("Grafana", sentence, remedy)
