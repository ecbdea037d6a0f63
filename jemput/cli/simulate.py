"""`jemput simulate`: bins and collectors alone; broker, ingester and API run elsewhere."""

import asyncio
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from jemput.cli import prepared
from jemput.cli.lengths import length_s
from jemput.cli.options import AsJson, Database, GroupName, open_existing
from jemput.cli.prepared import Prepared
from jemput.cli.serving import told_to_stop
from jemput.settings import read_settings
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from simulator import main as simulator
from simulator.main import Run, Tally
from simulator.scenario import Scenario, load

PROGRESS_S: Final = 5.0


_Keys = Annotated[
    Path | None, typer.Option(help="JSON of everybody's passwords, as --prepare writes it.")
]
_Prepare = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Only write keys, users and settings into this new folder, and a database with the"
        " town's bins; with --database, put the bins there.",
    ),
]
_Broker = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Else as the keys say.")]
_Api = Annotated[str | None, typer.Option(metavar="URL", help="Else as the keys say.")]
_Lasting = Annotated[
    str | None, typer.Option("--for", help="End by itself after this, such as 60s or 5m.")
]


def simulate(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    scenario: Annotated[str, typer.Argument(help="Name or path of a scenario.")],
    keys: _Keys = None,
    prepare: _Prepare = None,
    broker: _Broker = None,
    api: _Api = None,
    speed: Annotated[float, typer.Option(help="How many times real time.")] = 1.0,
    lasting: _Lasting = None,
    database: Database = None,
    group: GroupName = None,
    as_json: AsJson = False,  # noqa: FBT002 - a flag
) -> None:
    """Let a town live: bins that fill and speak, collectors who react to alerts.

    It begins now. Prepare it once, then run `jemput broker`, `ingest`, `api` and this, each in a
    terminal of its own.
    """
    plan = load(scenario)
    if prepare is not None:
        _prepare(scenario, plan, prepare, prepared.prepare(plan, broker, api), database, group)
        return
    if keys is None:
        raise typer.BadParameter(
            f"without keys nobody can speak: run `jemput simulate {scenario} --prepare FOLDER`"
            " once, then add --keys FOLDER/keys.json"
        )
    known = prepared.read(keys)
    run = _run(plan, known, broker or known.broker, api or known.api, speed)
    if speed != 1:
        sys.stderr.write(
            "an ingester on real time finds this town's clock wrong: it keeps every reading, and"
            " places it by its arrival\n"
        )
    tally = asyncio.run(_live(run, None if lasting is None else length_s(lasting)))
    _show(tally, as_json=as_json)


def _prepare(  # noqa: PLR0913, PLR0917 - where everything goes
    scenario: str,
    plan: Scenario,
    folder: Path,
    made: Prepared,
    database: str | None,
    group: str | None,
) -> None:
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: name a new folder")
    if database is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        url, name = f"sqlite:///{folder / 'jemput.db'}", group or read_settings().group
        engine = open_database(url)
        create_tables(engine)
    else:
        engine, name = open_existing(database, group)
        url = database
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepared.register(RegistryStore(engine, name), plan, made)
    engine.dispose()
    prepared.write(folder, made, url, name)
    _tell(scenario, plan, folder, made)


def _tell(scenario: str, plan: Scenario, folder: Path, made: Prepared) -> None:
    jemput, keys = shlex.quote(sys.argv[0]), shlex.quote(str(folder / prepared.KEYS))
    told = f"JEMPUT_SETTINGS={shlex.quote(str(folder / prepared.SETTINGS))}"
    sys.stdout.write(
        f"{plan.site.name}: {len(plan.bins)} bins, {len(plan.collectors)} collectors, positions"
        f" are invented. Now, each in a terminal of its own:\n\n"
        f"  {jemput} broker {shlex.quote(str(folder))}\n"
        f"  {told} {jemput} ingest\n"
        f"  {told} {jemput} api\n"
        f"  {jemput} simulate {shlex.quote(scenario)} --keys {keys}\n\n"
        f"The page is {made.api}/; all passwords are in {keys}.\n"
    )


def _run(plan: Scenario, known: Prepared, broker: str, api: str, speed: float) -> Run:
    """Raises `ValueError` for what cannot start."""
    place, now_s = prepared.address(broker), time.time()
    run = Run(
        scenario=plan,
        broker_host=place.host,
        broker_port=place.port,
        passwords=known.devices | known.people,
        api_url=api,
        start_s=now_s,
        speed=speed,
        anchor_wall_s=now_s,
        webhook_port=known.webhook_port,
        webhook_secrets=known.webhooks,
    )
    run.clock()
    run.check()
    return run


async def _live(run: Run, for_s: float | None) -> Tally:
    """Until `for_s` have passed, or somebody says stop. Raises `RunError`."""
    tally, stop, ready = Tally(), told_to_stop(), asyncio.Event()
    progress = asyncio.create_task(_show_progress(run, tally, ready))
    timing = asyncio.get_running_loop().call_later(for_s, stop.set) if for_s is not None else None
    try:
        await simulator.simulate(run, stop, tally, ready)
    finally:
        progress.cancel()
        if timing is not None:
            timing.cancel()
    return tally


async def _show_progress(run: Run, tally: Tally, ready: asyncio.Event) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        if not ready.is_set():
            sys.stderr.write(
                f"not everybody is connected to {run.broker_host}:{run.broker_port} yet: does the"
                " broker run there, and does it know these keys?\n"
            )
        sys.stderr.write(
            f"{tally.readings_published} readings published · {tally.alerts_received} alerts"
            f" received · {tally.accepted} accepted · {tally.emptied} bins emptied\n"
        )


def _show(tally: Tally, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(tally.to_dict()) + "\n")
        return
    table = Table(show_header=False, box=None)
    for name, value in tally.to_dict().items():
        table.add_row(name.replace("_", " "), "-" if value is None else f"{value:,.0f}")
    Console().print(table)
