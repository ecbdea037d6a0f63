"""`jemput watch DEVICE`: one device live, from its bytes to the decision.

The bytes come from the broker, by a listener that acknowledges for nobody; what became of them
comes from the journal and the quarantine. Where no broker answers, only the latter is shown.
"""

import asyncio
import sys
from contextlib import suppress
from secrets import token_hex
from typing import Annotated, Final

import aiomqtt
import typer

from ingest.mqtt.session import Address
from jemput import topics
from jemput.cli.lengths import length_s
from jemput.cli.options import Database, GroupName, open_existing
from jemput.cli.serving import broker_address
from jemput.cli.watching import Watched
from jemput.ids import check_id
from jemput.settings import read_settings

LOOK_S: Final = 0.2
ANY_SITE: Final = "+"


def watch(
    device: Annotated[str, typer.Argument(help="A device's id.")],
    last: Annotated[int, typer.Option("--last", min=0, help="Entries of before, first.")] = 0,
    lasting: Annotated[str | None, typer.Option("--for", help="End after this: 30s, 5m.")] = None,
    database: Database = None,
    group: GroupName = None,
) -> None:
    """Follow one device live: its bytes, what they became, what was decided. Ctrl-C ends it."""
    check_id("device", device)
    for_s = None if lasting is None else length_s(lasting)
    watched = Watched(*open_existing(database, group), device)
    watched.show_last(last)
    with suppress(KeyboardInterrupt):
        asyncio.run(_follow(watched, broker_address(read_settings()), for_s))


async def _follow(watched: Watched, address: Address, for_s: float | None) -> None:
    listening = asyncio.create_task(_listen(watched, address))
    try:
        async with asyncio.timeout(for_s):
            while True:
                await asyncio.to_thread(watched.show_new)
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        watched.show_new()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(watched: Watched, address: Address) -> None:
    """Hear what it says and what it is told, until the link ends; then say so."""
    client = aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        tls_context=address.tls,
        identifier=f"jemput-watch-{token_hex(8)}",
        clean_session=True,
    )
    try:
        async with client:
            await client.subscribe(topics.reading(ANY_SITE, watched.device))
            await client.subscribe(topics.ack(ANY_SITE, watched.device))
            async for message in client.messages:
                if isinstance(message.payload, bytes):
                    watched.hear(str(message.topic), message.payload)
    except aiomqtt.MqttError as error:
        sys.stderr.write(f"no broker at {address} ({error}): only the journal is followed\n")
