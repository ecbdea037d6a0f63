"""`jemput grafana`: push our boards to a Grafana, or write them as files for one."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Final, get_args

import typer

from dashboards.packed import packed
from dashboards.sources import Generation, Source, influx, prometheus
from jemput.cli.grafana.client import Grafana, token_of
from jemput.cli.grafana.pushing import Wish, push
from jemput.cli.serving import influx_target
from jemput.settings import Settings, read_settings
from jemput.store.influx import InfluxTarget
from jemput.store.influx_link import Link
from jemput.things import Language

FOLDER: Final = "Jemput"
FOLDER_UID: Final = "jemput"
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

Page = Annotated[
    str | None, typer.Option(help="Where people reach the API's page; else JEMPUT_API_URL.")
]
Spoken = Annotated[str, typer.Option("--language", help="id or en.")]
app = typer.Typer(no_args_is_help=True, help="Our boards in a Grafana that somebody runs.")


@app.command("push")
def push_command(  # noqa: PLR0913, PLR0917 - every option is a plain flag
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,  # noqa: FBT002 - a flag
    url: Annotated[str | None, typer.Option(help="Grafana; else JEMPUT_GRAFANA_URL.")] = None,
    language: Spoken = "id",
    page: Page = None,
    folder: Annotated[str, typer.Option(help="Title of the folder that is made.")] = FOLDER,
    folder_uid: Annotated[str, typer.Option(help="Its uid, or that of one there is.")] = FOLDER_UID,
    influx_url: Annotated[
        str | None,
        typer.Option("--influx", metavar="URL", help="Make the data source, as Grafana reaches it"),
    ] = None,
    prometheus_url: Annotated[
        str | None, typer.Option("--prometheus", metavar="URL", help="The same for Prometheus.")
    ] = None,
) -> None:
    """Say what is different there, and change it: folder, boards, and data sources if told."""
    settings = read_settings()
    where = url or settings.grafana_url
    if where is None:
        raise typer.BadParameter("say where Grafana is: --url, or JEMPUT_GRAFANA_URL")
    sources = []
    if influx_url is not None:
        sources.append(_influx(settings, influx_url))
    if prometheus_url is not None:
        sources.append(prometheus(prometheus_url))
    wish = Wish(_language(language), page or settings.api_url, folder_uid, folder, tuple(sources))
    asyncio.run(_push(where, token_of(settings), wish, dry=dry_run))


@app.command("write")
def write_command(
    folder: Annotated[Path, typer.Argument(help="Gets a folder for each language.")],
    page: Page = None,
) -> None:
    """Write the boards as files, for a Grafana that reads its boards from files."""
    where = page or read_settings().api_url
    for language in LANGUAGES:
        there = folder / language
        there.mkdir(parents=True, exist_ok=True)
        for board in packed(language, where):
            text = json.dumps(board, indent=1, sort_keys=True, ensure_ascii=False)
            (there / f"{board['uid']}.json").write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"wrote the boards into {folder}, for {' and '.join(LANGUAGES)}\n")


async def _push(url: str, token: str, wish: Wish, *, dry: bool) -> None:
    async with Grafana.open(url, token) as grafana:
        async for line in push(grafana, wish, dry=dry):
            sys.stdout.write(f"{line}\n")
    if dry:
        sys.stdout.write("nothing was changed (--dry-run)\n")


def _language(text: str) -> Language:
    for one in LANGUAGES:
        if one == text:
            return one
    raise typer.BadParameter(f"--language {text}: there are {' and '.join(LANGUAGES)}")


def _influx(settings: Settings, url: str) -> Source:
    """The data source for the InfluxDB that the settings name; it says which generation it is."""
    target = influx_target(settings)
    if target is None:
        raise typer.BadParameter("--influx needs JEMPUT_INFLUX_URL: its version is asked for")
    return influx(asyncio.run(_generation(target)), url, target.bucket, target.token)


async def _generation(target: InfluxTarget) -> Generation:
    link = await Link.open(target)
    try:
        major = link.version[0]
    finally:
        await link.close()
    if major == 1:
        return "1"
    return "2" if major == 2 else "3"  # noqa: PLR2004 - the generations there are
