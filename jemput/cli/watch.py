"""`jemput watch DEVICE`: one device live, from its bytes to the decision.

The bytes come from the broker, by a listener that acknowledges for nobody; what became of them
comes from the journal and the quarantine. While no broker answers, only the latter is shown.
"""

import asyncio
import math
import sys
import time
from contextlib import suppress
from secrets import token_hex
from typing import Annotated, Final

import aiomqtt
import typer
from paho.mqtt.reasoncodes import ReasonCode

from ingest.mqtt.session import Address
from jemput import topics
from jemput.cli.lengths import length_s
from jemput.cli.options import Database, GroupName, open_existing
from jemput.cli.serving import broker_address
from jemput.cli.watching import Watched
from jemput.ids import check_id
from jemput.settings import read_settings

LOOK_S: Final = 0.2
TRY_AGAIN_S: Final = 5.0
ANY_SITE: Final = "+"
NOTHING: Final = (
    "nothing came from {device}: is its password right, and the site that it speaks for? "
    "`jemput device list` says whether it has an account"
)


def watch(
    device: Annotated[str, typer.Argument(help="A device's id.")],
    last: Annotated[int, typer.Option("--last", min=0, help="Entries of before, first.")] = 0,
    lasting: Annotated[str | None, typer.Option("--for", help="End after this: 30s, 5m.")] = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Follow one device live: its bytes, what they became, what was decided. Ctrl-C ends it."""
    check_id("device", device)
    for_s = math.inf if lasting is None else length_s(lasting)
    watched = Watched(*open_existing(database, group), device)
    watched.show_last(last)
    with suppress(KeyboardInterrupt):
        asyncio.run(_follow(watched, broker_address(read_settings()), for_s))


async def _follow(watched: Watched, address: Address, for_s: float) -> None:
    ends_s = time.monotonic() + for_s
    listening = asyncio.create_task(_keep_listening(watched, address))
    try:
        while time.monotonic() < ends_s:
            await asyncio.to_thread(watched.show_new, time.monotonic())
            await asyncio.sleep(min(LOOK_S, max(0.0, ends_s - time.monotonic())))
        await asyncio.to_thread(watched.show_new, time.monotonic())
        if not watched.heard_any:
            tell(NOTHING.format(device=watched.device))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _keep_listening(watched: Watched, address: Address) -> None:
    """Listen, and again where the link ended; each trouble is said once."""
    trouble = ""
    while True:
        try:
            await _listen(watched, address)
        except aiomqtt.MqttError as error:
            if str(error) != trouble:
                trouble = str(error)
                tell(f"no broker at {address} ({trouble}): until then only the journal is followed")
        await asyncio.sleep(TRY_AGAIN_S)


async def _listen(watched: Watched, address: Address) -> None:
    """Hear what it says and what it is told, until the link ends."""
    client = aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        tls_context=address.tls,
        identifier=f"jemput-watch-{token_hex(8)}",
        clean_session=True,
    )
    async with client:
        for topic in (
            topics.reading(ANY_SITE, watched.device),
            topics.ack(ANY_SITE, watched.device),
        ):
            codes = await client.subscribe(topic)
            if any(isinstance(code, ReasonCode) and code.is_failure for code in codes):
                tell(f"{address} does not let {address.user or 'a guest'} hear {topic}")
        tell(f"listening at {address}")
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                watched.hear(str(message.topic), message.payload, time.monotonic())


def tell(text: str) -> None:
    """Something about the watching itself."""
    sys.stderr.write(text + "\n")
