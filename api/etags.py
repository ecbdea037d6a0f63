"""Entity tags: whether what somebody has of a thing is what the thing is now.

A tag is of the whole answer. Of a bin it has two parts, `setup.state`: its level moves every few
minutes, so that who changes a bin is asked only whether its setup is the one that they read.
"""

from hashlib import blake2b
from typing import Annotated, Any, Final

from fastapi import Header, Response
from pydantic import BaseModel
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.problems import ProblemError

DIGEST_BYTES: Final = 12
ANY: Final = "*"
JSON: Final = "application/json"
IfMatch = Annotated[
    str | None,
    Header(
        description="The `ETag` that you read: changed meanwhile is 412. Left out, it is not asked"
    ),
]
NOT_MODIFIED: Final[dict[str, Any]] = {"description": "It is as your `If-None-Match` says"}
NONE_MATCH: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what you have: unchanged is 304, without a body.",
    "schema": {"type": "string"},
}


def digest(body: bytes) -> str:
    """A short hash of an answer."""
    return blake2b(body, digest_size=DIGEST_BYTES).hexdigest()


def tag_of(shown: BaseModel) -> str:
    """The tag of what is answered as JSON."""
    return f'"{digest(shown.model_dump_json().encode())}"'


def answer(
    shown: BaseModel, tag: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A thing as JSON, with its tag."""
    return Response(
        shown.model_dump_json(), status, {"ETag": tag, **(headers or {})}, media_type=JSON
    )


def check(if_match: str | None, tag: str) -> None:
    """Raise the problem where somebody asks for another state than the thing is in."""
    if if_match is None or _names(if_match, tag, whole=False):
        return
    message = f"it is {tag} now: read it again, and decide again whether to change it"
    raise ProblemError(problems.PRECONDITION_FAILED, message, {"ETag": tag})


class EntityTags:
    """Tags the answer to a GET of one thing; what somebody has already is not sent again."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what is inside."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; an answer in one piece is looked at before it is sent."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        started: Message | None = None

        async def tagged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and _is_of_one(scope, message):
                started = message
            elif started is not None:
                for one in _tagged(scope, started, message):
                    await send(one)
                started = None
            else:
                await send(message)

        await self.app(scope, receive, tagged)


def describe_tags(document: dict[str, Any]) -> None:
    """Say of every GET of one thing that it has a tag."""
    for path, operations in document["paths"].items():
        if "get" in operations and _is_one(path):
            operation = operations["get"]
            operation.setdefault("parameters", []).append(NONE_MATCH)
            operation["responses"]["304"] = NOT_MODIFIED


def _is_one(path: str) -> bool:
    return path.startswith("/v1/") and path.endswith("}")


def _is_of_one(scope: Scope, start: Message) -> bool:
    path = getattr(scope.get("route"), "path", "")
    media = Headers(raw=start["headers"]).get("content-type", "")
    return _is_one(path) and start["status"] == 200 and media.startswith(JSON)  # noqa: PLR2004 - OK


def _tagged(scope: Scope, start: Message, body: Message) -> tuple[Message, ...]:
    if body.get("more_body"):
        return start, body
    headers = Headers(raw=start["headers"])
    tag = headers.get("etag") or f'"{digest(body.get("body", b""))}"'
    kept = [one for one in start["headers"] if one[0].lower() != b"etag"]
    kept.append((b"etag", tag.encode()))
    asked = Headers(scope=scope).get("if-none-match")
    if asked is None or not _names(asked, tag, whole=True):
        return {**start, "headers": kept}, body
    without = [one for one in kept if not one[0].lower().startswith(b"content-")]
    return {**start, "status": 304, "headers": without}, {**body, "body": b""}


def _names(header: str, tag: str, *, whole: bool) -> bool:
    """Whether a header names a tag; else only its first part, the setup, is asked for."""
    named = [one.strip() for one in header.split(",")]
    if whole:
        return ANY in named or tag in [one.removeprefix("W/") for one in named]
    return ANY in named or _setup(tag) in [_setup(one) for one in named]


def _setup(tag: str) -> str:
    return tag.strip('"').partition(".")[0]
