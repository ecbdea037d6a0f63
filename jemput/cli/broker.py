"""`jemput broker`: the embedded broker by itself, with everybody of a prepared town."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from jemput.broker.config import NatsSettings
from jemput.broker.nats import BrokerError, NatsServer
from jemput.cli import prepared, town
from jemput.cli.serving import told_to_stop

LOOK_S: Final = 1.0


def broker(
    folder: Annotated[
        Path, typer.Argument(help="What `jemput simulate SCENARIO --prepare FOLDER` made.")
    ],
) -> None:
    """Run a broker for a prepared town until SIGTERM or Ctrl-C; what it keeps stays in FOLDER."""
    known = prepared.read(folder / prepared.KEYS)
    place = prepared.address(known.broker)
    settings = NatsSettings(folder.absolute() / "broker", place.port, place.host)
    with NatsServer(settings, town.broker_users(known.keys())) as server:
        sys.stderr.write(f"the broker listens on mqtt://{place} · Ctrl-C ends it\n")
        asyncio.run(_until_told(server))


async def _until_told(server: NatsServer) -> None:
    stop = told_to_stop()
    while not stop.is_set():
        try:
            async with asyncio.timeout(LOOK_S):
                await stop.wait()
        except TimeoutError:
            if server.pid is None:
                raise BrokerError(f"the broker ended: see {server.settings.log}") from None
