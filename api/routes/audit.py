"""The audit log: who changed what, when, from what to what."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from pydantic import JsonValue

from api import people, problems
from api.dependencies import ServicesOf, may_be
from api.problems import ProblemError
from api.speaking import ViewerOf, needs
from jemput.roles import Right
from jemput.store.audit import AuditLog, Line

LARGEST_ID = 2**31 - 1
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
router = APIRouter(tags=["audit"])


@router.get(
    "/v1/audit",
    operation_id="search_audit",
    summary="Who changed what",
    dependencies=[needs(Right.READ_AUDIT)],
    responses=may_be(*problems.OF_SPEAKING, problems.NOT_YOURS, problems.INVALID_REQUEST),
)
def search_audit(  # noqa: PLR0913, PLR0917 - what a line can be searched by
    services: ServicesOf,
    viewer: ViewerOf,
    who: Filter = None,
    kind: Filter = None,
    thing: Filter = None,
    cursor: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="`next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> people.AuditLines:
    """Lines of the log, newest first. It is of all sites: who is of some may not read it."""
    if not viewer.sees_all:
        raise ProblemError(problems.NOT_YOURS, "the audit log is of all sites, and you are of some")
    found = AuditLog(services.engine).search(
        who=who, kind=kind, thing=thing, before_id=cursor, most=limit + 1
    )
    has_more = len(found) > limit
    lines = [_shown(one) for one in found[:limit]]
    return people.AuditLines(lines=lines, next=lines[-1].id if has_more else None)


def _shown(line: Line) -> people.AuditLine:
    return people.AuditLine(
        id=line.id,
        at_s=line.at_ms // 1000,
        who=line.who,
        what=line.what,
        kind=line.kind,
        thing=line.thing,
        before=_read(line.before),
        after=_read(line.after),
    )


def _read(text: str | None) -> JsonValue:
    found: JsonValue = None if text is None else msgspec.json.decode(text)
    return found
