"""The description for people: the same operations as openapi.json, on one plain page."""

import re
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jemput API</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/page.css">
<main class="paper docs">
<h1>Jemput API</h1>
{about}
<p><a href="/openapi.json">openapi.json</a> for machines, <a href="/">the page</a> for all.</p>
{operations}
</main>
</html>
"""
_CODE = re.compile(r"`([^`]+)`")
router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """What one may ask, and what may be answered."""
    document = request.app.openapi()
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    about = _paragraphs(document["info"]["description"])
    return HTMLResponse(PAGE.format(about=about, operations="\n".join(operations)))


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    asked = [_parameter(one) for one in operation.get("parameters", ())]
    answered = [
        f"<li><b>{status}</b> {_text(response.get('description', ''))}</li>"
        for status, response in operation["responses"].items()
    ]
    return (
        f'<section id="{operation["operationId"]}">'
        f"<h2>{escape(operation['summary'])}</h2>"
        f"<p><code>{method.upper()} {escape(path)}</code>"
        f"{' · needs a user' if 'security' in operation else ''}</p>"
        f"{_paragraphs(operation['description'])}"
        f"<ul>{''.join(asked)}</ul><ul>{''.join(answered)}</ul></section>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    text = _text(parameter.get("description", ""))
    return f"<li><code>{escape(parameter['name'])}</code> in {parameter['in']}: {text}</li>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(one)}</p>" for one in text.split("\n\n"))


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
