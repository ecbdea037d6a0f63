"""Our folder, boards and data sources in a Grafana: what would change, then the change."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, Final

from dashboards.packed import packed
from dashboards.sources import Source
from jemput.cli.grafana.client import Grafana, GrafanaError, Json
from jemput.cli.grafana.difference import differences
from jemput.things import Language

MESSAGE: Final = "jemput grafana push"
MOST_LINES: Final = 12
OLDEST: Final = 10
HIDDEN: Final = "secureJsonData"


@dataclass(frozen=True)
class Wish:
    """What shall be there."""

    language: Language
    page: str
    folder_uid: str
    folder_title: str
    sources: tuple[Source, ...] = ()


async def push(grafana: Grafana, wish: Wish, *, dry: bool) -> AsyncIterator[str]:
    """Say line by line what changes, and change it unless `dry`. Raises `GrafanaError`."""
    version = await grafana.version()
    if int(version.partition(".")[0] or 0) < OLDEST:
        raise GrafanaError(f"it is Grafana {version}: the boards need {OLDEST} or newer")
    yield f"Grafana {version}"
    for source in wish.sources:
        async for line in _source(grafana, source, dry=dry):
            yield line
    folder = await grafana.folder(wish.folder_uid)
    if folder is None:
        yield f"+ folder {wish.folder_title}"
        if not dry:
            await grafana.make_folder(wish.folder_uid, wish.folder_title)
    for board in packed(wish.language, wish.page):
        async for line in _board(grafana, board, wish.folder_uid, dry=dry):
            yield line


async def _board(grafana: Grafana, ours: Json, folder: str, *, dry: bool) -> AsyncIterator[str]:
    live = await grafana.board(ours["uid"])
    name = f"{ours['title']} ({ours['uid']})"
    if live is None:
        yield f"+ {name}"
        if not dry:
            await grafana.put_board({**ours, "id": None}, folder, MESSAGE)
        return
    found = list(differences(ours, live.board))
    if live.meta.get("folderUid", "") != folder:
        found.append(f"folder: {live.meta.get('folderUid')!r} → {folder!r}")
    if not found:
        yield f"= {name}"
        return
    if live.meta.get("provisioned"):
        raise GrafanaError(
            f"{name} comes from files of that Grafana, which only its files change: "
            "`jemput grafana write FOLDER` writes them"
        )
    yield f"~ {name}"
    for line in shown(found):
        yield f"    {line}"
    if not dry:
        # With the version that was looked at, Grafana refuses what somebody saved meanwhile.
        stamped = {**ours, "id": live.board.get("id"), "version": live.board.get("version")}
        await grafana.put_board(stamped, folder, MESSAGE)


async def _source(grafana: Grafana, source: Source, *, dry: bool) -> AsyncIterator[str]:
    ours: dict[str, Any] = {**source.written(), "isDefault": False}
    live = await grafana.source(source.uid)
    name = f"data source {source.name} ({source.uid})"
    if live is None:
        yield f"+ {name} → {source.url}"
    elif live.get("readOnly"):
        raise GrafanaError(f"{name} comes from files of that Grafana: change it there")
    else:
        compared = {key: value for key, value in ours.items() if key not in {HIDDEN, "isDefault"}}
        found = list(differences(compared, live))
        ours["isDefault"] = bool(live.get("isDefault"))
        yield f"{'~' if found else '='} {name}"
        for line in shown(found):
            yield f"    {line}"
        if source.secure:
            yield "    its secret cannot be compared and is written again"
    if not dry:
        await grafana.put_source(ours, is_new=live is None)


def shown(lines: Iterable[str]) -> list[str]:
    """The first of many, and how many more there are."""
    known = list(lines)
    more = len(known) - MOST_LINES
    return known if more <= 0 else [*known[:MOST_LINES], f"… and {more} more"]
