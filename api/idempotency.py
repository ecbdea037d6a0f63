"""`Idempotency-Key`: a POST that is sent again under its key is answered again, not done again.

As draft-ietf-httpapi-idempotency-key-header has it. Routes know nothing of it: whoever may do
what a route does claims the key (`api.speaking.needs`), each transaction of the request marks
that it took effect, and the answer is kept on its way out.
"""

import re
from hashlib import sha256
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.problems import ProblemError, answer, invalid
from api.services import Services
from jemput.roles import User
from jemput.store.clock import wall_ms
from jemput.store.database import besides
from jemput.store.keyed import (
    LARGEST_ANSWER,
    Answer,
    AnswerLostError,
    Claim,
    KeyedRequests,
    OtherRequestError,
    StillRunningError,
)
from jemput.store.sealing import Seal

HEADER: Final = "Idempotency-Key"
REPEATED: Final = "Idempotency-Replayed"
PATTERN: Final = r"^[!-~]{16,255}$"
KEPT: Final = frozenset(
    {"content-type", "content-disposition", "location", "etag", "cache-control", "link", "vary"}
)
"""Headers of an answer that are part of it; the others are of the connection, or of the moment."""
KINDS: Final = (problems.STILL_RUNNING, problems.ANSWER_LOST, problems.OTHER_REQUEST)
PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Drawn anew for each deed, such as a UUID. Sent again within a day, the deed is "
    f"answered as before, with `{REPEATED}: true`, and not done again.",
    "schema": {"type": "string", "pattern": PATTERN},
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}
_ASKED: Final = "jemput.asked"
_log: Final = structlog.get_logger(__name__)


class RepeatedError(Exception):
    """It was done before; this was answered."""

    def __init__(self, answered: Answer) -> None:
        """Take the answer."""
        super().__init__(answered.status)
        self.answered = answered


class Asked:
    """A request under a key, on its way in and out."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self.claim: Claim | None = None
        self.body = sha256()
        self.is_whole = False
        self._status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._kept = bytearray()

    def hear(self, message: Message) -> None:
        """Take what came in."""
        if message["type"] == "http.request":
            self.body.update(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)

    async def say(self, message: Message) -> None:
        """Take what goes out; when it ends, keep it before its end is sent."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            found = Headers(raw=message.get("headers", ())).items()
            self._headers = tuple(one for one in found if one[0] in KEPT)
        elif message["type"] == "http.response.body":
            if len(self._kept) <= LARGEST_ANSWER:
                self._kept += message.get("body", b"")
            if not message.get("more_body", False):
                await run_in_threadpool(self.end)

    def mark(self, connection: Any) -> None:  # noqa: ANN401 - as `besides` hands it over
        """Note in a transaction that the request takes effect by it."""
        if self.claim is not None:
            self.claim.mark(connection)

    def end(self) -> None:
        """Keep the answer where something was done, let go of the key where nothing was."""
        claim, self.claim = self.claim, None
        if claim is None:
            return
        try:
            self._end(claim)
        except SQLAlchemyError as error:
            _log.warning("answer_not_kept", status=self._status, problem=str(error))

    def _end(self, claim: Claim) -> None:
        has_failed = not 200 <= self._status < 300  # noqa: PLR2004 - HTTP's success
        if has_failed and claim.release():
            return
        is_whole = 0 < self._status < 500 and len(self._kept) <= LARGEST_ANSWER  # noqa: PLR2004
        said = Answer(self._status, self._headers, bytes(self._kept))
        claim.finish(said if is_whole else None)


class Keyed:
    """Follows each POST that bears a key."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what is inside."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, listening both ways."""
        if not _bears_key(scope):
            await self.app(scope, receive, send)
            return
        asked = scope[_ASKED] = Asked()

        async def hearing() -> Message:
            message = await receive()
            asked.hear(message)
            return message

        async def saying(message: Message) -> None:
            await asked.say(message)
            await send(message)

        try:
            with besides(asked.mark):
                await self.app(scope, hearing, saying)
        finally:
            await run_in_threadpool(asked.end)


async def claim_key(request: Request, services: Services, user: User | None) -> None:
    """Claim the key that a request bears, if any; raise what was answered where it was done."""
    asked = request.scope.get(_ASKED)
    if asked is None or user is None:
        return
    seal = Seal(_key(request), user.name)
    if not asked.is_whole:
        await request.body()
    told = f"{request.method} {request.url.path}?{request.url.query}\n{asked.body.hexdigest()}"
    keys = KeyedRequests(services.engine)
    try:
        found = await run_in_threadpool(keys.claim, seal, told.encode(), wall_ms())
    except OtherRequestError as error:
        message = f"{error}: draw a new one for each deed"
        raise ProblemError(problems.OTHER_REQUEST, message) from error
    except AnswerLostError as error:
        message = f"{error}: read what it was about, and do not send it again"
        raise ProblemError(problems.ANSWER_LOST, message) from error
    if isinstance(found, Answer):
        raise RepeatedError(found)
    asked.claim = found


def add_repeats(app: FastAPI) -> None:
    """Make an app answer what was asked before."""
    app.exception_handler(RepeatedError)(_repeat)
    app.exception_handler(StillRunningError)(_wait)


def describe_key(operation: dict[str, Any], problem: dict[str, Any]) -> None:
    """Add the header, and the problems it may lead to, to an operation's description."""
    operation.setdefault("parameters", []).append(PARAMETER)
    for kind in KINDS:
        title = f"{kind.title} (`{kind.type}`)"
        response = operation["responses"].setdefault(str(kind.status), {})
        told = response.get("description")
        response["description"] = f"{told}; {title}" if told else title
        response["content"] = {problems.MEDIA_TYPE: {"schema": problem}}


def _bears_key(scope: Scope) -> bool:
    is_deed = scope["type"] == "http" and scope["method"] == "POST"
    return is_deed and scope["path"].startswith("/v1/") and HEADER in Headers(scope=scope)


def _key(request: Request) -> str:
    """The key, with or without the quotes that the draft has around it."""
    told = request.headers.getlist(HEADER)
    key = told[0].strip().removeprefix('"').removesuffix('"')
    if len(told) > 1 or not re.fullmatch(PATTERN, key):
        message = "send one, of 16 to 255 visible ASCII characters, such as a UUID"
        raise invalid(f"header.{HEADER}", message)
    return key


async def _repeat(_: Request, error: RepeatedError) -> Response:
    said = error.answered
    return Response(said.body, said.status, {**dict(said.headers), REPEATED: "true"})


async def _wait(request: Request, error: StillRunningError) -> Response:
    problem = ProblemError(problems.STILL_RUNNING, str(error), {"Retry-After": "1"})
    return answer(problem, request.url.path)
