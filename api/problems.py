"""What can go wrong, as RFC 9457 problems: each kind has a lasting type, and a page."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import JSONResponse

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `advice` says what to do next."""

    name: str
    status: int
    title: str
    advice: str

    @property
    def type(self) -> str:
        """The URI reference that names this kind, and where its page is."""
        return f"/problems/{self.name}"


NOT_FOUND: Final = Kind(
    "not-found",
    404,
    "There is no such thing",
    "Check the id. GET /v1/bins lists the bins, GET /v1/pickups?state=all the pickups.",
)
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed",
    405,
    "This address does not take this method",
    "The header Allow says which methods it takes. Reading is GET, moving a pickup is POST.",
)
INVALID_REQUEST: Final = Kind(
    "invalid-request",
    422,
    "The request is not understood",
    "The member errors says which part, and what it should be.",
)
NO_USER: Final = Kind(
    "no-user",
    401,
    "A user is needed",
    "Sign in on the page, or send a name and password (HTTP Basic) or an API key (Bearer).",
)
NOT_YOURS: Final = Kind(
    "not-yours",
    403,
    "This is not yours to do",
    "GET /v1/session says what you may do. A collector moves only pickups that are theirs.",
)
FROM_ELSEWHERE: Final = Kind(
    "from-elsewhere",
    403,
    "The request came from another web site",
    "Open the page of this API itself, or call it from a program.",
)
TOO_MANY_TRIES: Final = Kind(
    "too-many-tries",
    429,
    "Too many wrong passwords",
    "Wait as long as Retry-After says. A session or an API key still works meanwhile.",
)
REFUSED_MOVE: Final = Kind(
    "refused-move",
    409,
    "The pickup cannot move so",
    "Read the pickup again: somebody or the levels moved it meanwhile.",
)
ALREADY_OPEN: Final = Kind(
    "already-open",
    409,
    "The bin has an open pickup",
    "Use the pickup that is open, or withdraw it first.",
)
ALREADY_THERE: Final = Kind(
    "already-there",
    409,
    "There is one of that id",
    "Change the one that is there (PATCH), or choose another id.",
)
REFUSED_CHANGE: Final = Kind(
    "refused-change",
    409,
    "The town cannot change so",
    "The detail says what stands in the way, and what to do first.",
)
PRECONDITION_FAILED: Final = Kind(
    "precondition-failed",
    412,
    "Somebody changed it meanwhile",
    "Read it again, and send the change with the ETag that it has now.",
)
OTHER_REQUEST: Final = Kind(
    "other-request",
    422,
    "The Idempotency-Key was used for another request",
    "Draw a new key for each deed, and keep it only to send that very request again.",
)
STILL_RUNNING: Final = Kind(
    "still-running",
    409,
    "The first request under this Idempotency-Key still runs",
    "Wait as long as Retry-After says, and send it again under the same key.",
)
ANSWER_LOST: Final = Kind(
    "answer-lost",
    409,
    "It was done, but what was answered is lost",
    "Do not send it again. Read the thing it was about; GET /v1/audit has what was changed.",
)
TOO_MANY_SUBSCRIPTIONS: Final = Kind(
    "too-many-subscriptions",
    409,
    "There are as many subscriptions as there may be",
    "Retire one that nobody needs: DELETE /v1/subscriptions/{id}.",
)
HISTORY_DOWN: Final = Kind(
    "history-down",
    503,
    "The history does not answer",
    "Levels and pickups are not affected. Try again; GET /readyz says what is wrong.",
)
DATABASE_DOWN: Final = Kind(
    "database-down",
    503,
    "The database does not answer",
    "Try again in a few seconds; GET /readyz says what is wrong.",
)
DATABASE_MOVED: Final = Kind(
    "database-moved",
    503,
    "The town lives in another database",
    "The operator starts this API with the database that the detail names: JEMPUT_DATABASE_URL.",
)
TOO_MANY_LISTENERS: Final = Kind(
    "too-many-listeners",
    503,
    "Too many listen already",
    "Ask GET /v1/bins and GET /v1/pickups every 10 seconds instead.",
)
INTERNAL: Final = Kind(
    "internal-error",
    500,
    "Something broke that should not",
    "Tell the operator when it was; the log has the details.",
)

KINDS: Final = {
    kind.name: kind
    for kind in (
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        INVALID_REQUEST,
        NO_USER,
        NOT_YOURS,
        FROM_ELSEWHERE,
        TOO_MANY_TRIES,
        REFUSED_MOVE,
        ALREADY_OPEN,
        ALREADY_THERE,
        REFUSED_CHANGE,
        PRECONDITION_FAILED,
        OTHER_REQUEST,
        STILL_RUNNING,
        ANSWER_LOST,
        TOO_MANY_SUBSCRIPTIONS,
        HISTORY_DOWN,
        DATABASE_DOWN,
        DATABASE_MOVED,
        TOO_MANY_LISTENERS,
        INTERNAL,
    )
}
OF_SPEAKING: Final = (NO_USER, TOO_MANY_TRIES)
"""What anybody may be answered who says who they are."""


class ProblemError(Exception):
    """Answer with a problem. `members` are extension members of its JSON."""

    def __init__(
        self, kind: Kind, detail: str, headers: dict[str, str] | None = None, **members: object
    ) -> None:
        """Take the kind, and a sentence about this one."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.headers = headers
        self.members = members


def invalid(where: str, message: str) -> ProblemError:
    """One part of the request is not understood."""
    errors = [{"where": where, "message": message}]
    return ProblemError(INVALID_REQUEST, f"{where}: {message}", errors=errors)


def answer(problem: ProblemError, instance: str) -> JSONResponse:
    """A problem as a response."""
    kind = problem.kind
    body: dict[str, Any] = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": instance,
        **problem.members,
    }
    return JSONResponse(body, kind.status, problem.headers, MEDIA_TYPE)
