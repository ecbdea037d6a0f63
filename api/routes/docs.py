"""The description for people: the same operations as openapi.json, on one plain page."""

import json
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
<ul>{contents}</ul>
{operations}
</main>
</html>
"""
_CODE = re.compile(r"`([^`]+)`")
_FIRST_ERROR: Final = 400
router = APIRouter(include_in_schema=False)


@router.get("/docs")
def docs(request: Request) -> Response:
    """What one may ask, and what may be answered."""
    document = request.app.openapi()
    about = _paragraphs(document["info"]["description"])
    contents = "".join(_line(tag) for tag in document["tags"])
    parts = [_part(tag, document["paths"]) for tag in document["tags"]]
    return HTMLResponse(PAGE.format(about=about, contents=contents, operations="\n".join(parts)))


def _line(tag: dict[str, str]) -> str:
    name, about = escape(tag["name"]), _text(tag["description"])
    return f'<li><a href="#tag-{name}">{name.capitalize()}</a>: {about}</li>'


def _part(tag: dict[str, str], paths: dict[str, Any]) -> str:
    """A tag's operations under its name."""
    operations = [
        _operation(method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if operation["tags"] == [tag["name"]]
    ]
    name = escape(tag["name"])
    head = f'<h2 id="tag-{name}">{name.capitalize()}</h2><p>{_text(tag["description"])}</p>'
    return "\n".join([head, *operations])


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    asked = [_parameter(one) for one in operation.get("parameters", ())]
    answered = [
        f"<li><b>{status}</b> {_text(response.get('description', ''))}</li>"
        for status, response in operation["responses"].items()
    ]
    return (
        f'<section id="{operation["operationId"]}">'
        f"<h3>{escape(operation['summary'])}</h3>"
        f"<p><code>{method.upper()} {escape(path)}</code>"
        f"{' · needs a user' if 'security' in operation else ''}</p>"
        f"{_paragraphs(operation['description'])}"
        f"<ul>{''.join(asked)}</ul><ul>{''.join(answered)}</ul>"
        f"{_example(operation)}</section>"
    )


def _example(operation: dict[str, Any]) -> str:
    """What is sent, and what is answered where all is well."""
    told = [("sent", operation.get("requestBody", {}))]
    told += [
        (f"answered {status}", response)
        for status, response in operation["responses"].items()
        if int(status) < _FIRST_ERROR
    ]
    shown = [
        f"<p>{what}</p><pre>{escape(_as_text(one['example']))}</pre>"
        for what, shape in told
        for one in shape.get("content", {}).values()
        if "example" in one
    ]
    return f"<details><summary>Example</summary>{''.join(shown)}</details>" if shown else ""


def _as_text(example: object) -> str:
    return (
        example if isinstance(example, str) else json.dumps(example, indent=1, ensure_ascii=False)
    )


def _parameter(parameter: dict[str, Any]) -> str:
    text = _text(parameter.get("description", ""))
    return f"<li><code>{escape(parameter['name'])}</code> in {parameter['in']}: {text}</li>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_text(one)}</p>" for one in text.split("\n\n"))


def _text(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
