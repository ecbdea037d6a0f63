"""The page people use, and the pages that explain problems. Nothing comes from elsewhere."""

from html import escape
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from api import problems
from api.problems import KINDS, Kind, ProblemError

FOLDER: Final = Path(__file__).parent.parent / "page"
ASK_AGAIN: Final = {"Cache-Control": "no-cache"}
PROBLEM: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · Jemput</title>
<link rel="stylesheet" href="/page/page.css">
<main class="paper">
<p class="quiet">{status} · <code>{type}</code></p>
<h1>{title}</h1>
<p>{advice}</p>
<p><a href="/">Jemput</a></p>
</main>
</html>
"""
router = APIRouter(include_in_schema=False)


@router.get("/")
def page() -> Response:
    """The page."""
    return FileResponse(FOLDER / "index.html", headers=ASK_AGAIN)


@router.get("/problems/{name}")
def problem(name: str) -> Response:
    """What a kind of problem means, and what to do."""
    if name not in KINDS:
        raise ProblemError(problems.NOT_FOUND, f"no problem is called {name!r}")
    return HTMLResponse(_page_of(KINDS[name]))


def _page_of(kind: Kind) -> str:
    return PROBLEM.format(
        title=escape(kind.title), status=kind.status, type=kind.type, advice=escape(kind.advice)
    )
