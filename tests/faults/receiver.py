"""Who is alerted: a real HTTP server that writes down what it was told."""

from collections import Counter
from typing import Any, Self

from aiohttp import web

from tests.servers import HOST


class Receiver:
    """Counts alerts by key, inside `async with`. A receiver honours the key, so twice is once."""

    def __init__(self) -> None:
        """Nobody was told anything yet."""
        self.keys: Counter[str] = Counter()
        self.pickups: dict[str, set[str]] = {}
        """The keys under which each pickup was told."""
        self.bins: set[str] = set()
        self.refuses = False
        """Answers 503, and nobody was told."""
        self.mumbles = False
        """Answers 503 although it heard well: the sender cannot know."""
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/", self._take)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://{HOST}:{port}/"
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        if self.refuses:
            return web.Response(status=503)
        alert: dict[str, Any] = await request.json()
        self.keys[alert["key"]] += 1
        if alert["kind"] == "pickup":
            for place in alert["pickups"]:
                self.pickups.setdefault(place["pickup"], set()).add(alert["key"])
                self.bins.add(place["bin"])
        return web.Response(status=503 if self.mumbles else 200)
