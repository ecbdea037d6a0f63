"""Serves the app, and ends its live streams when it is asked to stop."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from api.certificate import Renewal, Tls

GRACE_S = 5
LOOK_TICKS = 10
"""Uvicorn ticks ten times a second."""


class Server(uvicorn.Server):
    """Uvicorn waits for open connections before it stops; a live stream would never end."""

    def __init__(self, app: FastAPI, host: str, port: int, log_level: str = "warning") -> None:
        """Listen on nothing yet. Port 0 finds a free one."""
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level=log_level,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        super().__init__(config)
        self._app = app
        self._renewal: Renewal | None = None

    def speak_tls(self, tls: Tls) -> None:
        """Serve by TLS only, and take its certificate anew when it is renewed; before `serve`.

        Raises `ValueError` for files that are no certificate and key.
        """
        self._renewal = Renewal(tls, self.config)

    async def on_tick(self, counter: int) -> bool:
        """Look whether the certificate was renewed."""
        if self._renewal is not None and counter % LOOK_TICKS == 0:
            self._renewal.look()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever starts it: uvicorn would end the process by them."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams, then wait for the other answers."""
        self._app.state.feed.close()
        await super().shutdown(sockets)
