"""`jemput ingest`: one group's ingester by itself, told by settings."""

import asyncio
import gc
import sys
from typing import Final

import structlog
import typer

from ingest.mqtt.session import Address
from ingest.writer import Writer
from jemput.cli.group import Group
from jemput.cli.running import run_ingest
from jemput.cli.serving import broker_address, group_of, influx_target, told_to_stop
from jemput.settings import read_settings
from jemput.store.influx import InfluxTarget

GARBAGE_AFTER: Final = (50_000, 20, 50)
"""New objects before Python looks for cycles; by default 700, and a batch makes thousands."""


def ingest() -> None:
    """Hear the bins, decide, alert: one group's ingester, told by JEMPUT_* settings."""
    raise typer.Exit(run_ingest_command())


def run_ingest_command() -> int:
    """Hear, commit and alert until SIGTERM or Ctrl-C; then drain."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    settings = read_settings()
    group = group_of(settings)
    address, influx = broker_address(settings), influx_target(settings)
    writer = Writer(group.engine, group.name)
    writer.take_over()
    structlog.get_logger().info(
        "ingesting", group=group.name, broker=str(address), position=writer.fold.state.position
    )
    _spare_the_collector()
    asyncio.run(_until_told(group, writer, address, settings.api_url, influx))
    structlog.get_logger().info("drained", position=writer.fold.state.position)
    return 0


def _spare_the_collector() -> None:
    """The state of all bins stays: looking through it for garbage stopped everything for 0.1 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)


async def _until_told(
    group: Group, writer: Writer, address: Address, api_url: str, influx: InfluxTarget | None
) -> None:
    await run_ingest(group, writer, address, api_url, influx, told_to_stop())
