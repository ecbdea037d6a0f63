"""What `jemput init` says at its end: what was made, where it is, and what to do next."""

import getpass
import io
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from jemput.cli.init.making import Secrets, own_command
from jemput.cli.init.units import broker_start, mosquitto_start, started
from jemput.cli.init.wish import Broker, Wish

WIDTH = 100


def show(wish: Wish, secrets: Secrets) -> str:
    """One table; nothing in it is cut, so that every line can be copied."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="ignore", no_wrap=True)
    for title, line in _lines(wish, secrets):
        table.add_row(title, line)
    out = io.StringIO()
    Console(file=out, width=10 * WIDTH, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _lines(wish: Wish, secrets: Secrets) -> Iterator[tuple[str, str]]:
    yield "made", str(wish.folder)
    yield "settings", f"{wish.settings} (holds secrets: 0600)"
    yield "database", wish.database_url if wish.is_sqlite else "PostgreSQL, named in the settings"
    yield "CA", f"{wish.certificates.authority} (give it to devices and phones)"
    yield "", f"{wish.certificates.authority_key} (never give it to anybody; keep a copy offline)"
    yield "broker", f"mqtts://{wish.host}:{wish.mqtt_port}"
    yield "API", wish.api_url
    yield "", ""
    yield "shown once", f"operator {wish.operator}, password {secrets.password}"
    yield "", f"API key {secrets.key}"
    yield "", ""
    command = own_command()
    yield "start by hand", f"export JEMPUT_SETTINGS={wish.settings}"
    if wish.broker is Broker.MOSQUITTO:
        yield "", mosquitto_start(wish)
    yield "", broker_start(wish, command)
    yield "", f"{command} ingest"
    yield "", f"{command} api"
    yield "", ""
    yield from _install(wish)
    yield "", ""
    yield "then", f"{command} registry import BINS.csv"
    yield "", f"{command} device provision --help"
    yield "", f"{command} doctor"


def _install(wish: Wish) -> Iterator[tuple[str, str]]:
    yield "or by systemd", f"sudo cp {wish.units}/* /etc/systemd/system/"
    if wish.user != getpass.getuser():
        yield "", f"sudo useradd --system {wish.user}"
        yield "", f"sudo chown -R {wish.user}: {wish.folder}"
    yield "", "sudo systemctl daemon-reload"
    yield "", f"sudo systemctl enable --now {' '.join(started(wish))}"
