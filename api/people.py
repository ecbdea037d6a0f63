"""What the API says and takes of people: sessions, and the audit log."""

from typing import Annotated

from pydantic import Field, JsonValue

from api.shapes import AtS, Said, Taken
from jemput.roles import Right, Role

Secret = Annotated[str, Field(min_length=1, max_length=1000)]


class SignIn(Taken):
    """Who wants a session."""

    name: str = Field(max_length=64, examples=["budi"])
    password: Secret


class Known(Said):
    """A user. No sites means all of them."""

    name: str = Field(examples=["budi"])
    role: Role
    sites: list[str]


class Session(Said):
    """Who is speaking, null where it is nobody, and what they may do."""

    user: Known | None
    rights: list[Right]
    may_listen: bool = Field(description="Whether GET /v1/events is for them; else ask again")


class AuditLine(Said):
    """One change: who did what to which thing, and what it was before and after."""

    id: int
    at_s: AtS
    who: str = Field(examples=["sri"])
    what: str = Field(examples=["accepted"])
    kind: str = Field(examples=["pickup"])
    thing: str = Field(examples=["pasar-delimas-organic-812"])
    before: JsonValue
    after: JsonValue


class AuditLines(Said):
    """Lines of the audit log, newest first."""

    lines: list[AuditLine]
    next: int | None = Field(description="The cursor of the next page; null on the last")
