"""Whoever changes the town: what they may, whether it is as they read it, and what stands there."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import Response

from api import problems
from api.dependencies import ServicesOf, may_be
from api.etags import answer, check
from api.problems import ProblemError, invalid
from api.reader import unknown
from api.seeing import is_seen, may_change
from api.showing import show, tag
from api.speaking import UserOf, ViewerOf
from api.things import Retirement
from jemput.changes import Change, Retirable, Retire
from jemput.registry import Registry
from jemput.store.registry import RefusedChangeError

OF_READING: Final[dict[int | str, dict[str, Any]]] = may_be(
    *problems.OF_SPEAKING, problems.NOT_YOURS
)
OF_LISTING: Final = may_be(*problems.OF_SPEAKING, problems.NOT_YOURS, problems.INVALID_REQUEST)
OF_ONE: Final = may_be(*problems.OF_SPEAKING, problems.NOT_YOURS, problems.NOT_FOUND)
OF_MAKING: Final = may_be(
    *problems.OF_SPEAKING,
    problems.NOT_YOURS,
    problems.FROM_ELSEWHERE,
    problems.ALREADY_THERE,
    problems.REFUSED_CHANGE,
    problems.INVALID_REQUEST,
)
OF_CHANGING: Final = may_be(
    *problems.OF_SPEAKING,
    problems.NOT_YOURS,
    problems.FROM_ELSEWHERE,
    problems.NOT_FOUND,
    problems.REFUSED_CHANGE,
    problems.PRECONDITION_FAILED,
    problems.INVALID_REQUEST,
)
PATHS: Final[dict[Retirable, str]] = {
    "site": "/v1/sites",
    "halte": "/v1/haltes",
    "zone": "/v1/zones",
    "bin": "/v1/bins",
    "collector": "/v1/collectors",
}
Build = Callable[[Registry], Sequence[Change]]


class Registrar:
    """Somebody who changes the town, as far as they may."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf, user: UserOf) -> None:
        """Take who is speaking."""
        self.services = services
        self.viewer = viewer
        self.user = user

    @property
    def now_s(self) -> int:
        """The run's time."""
        return self.services.clock.now_ms() // 1000

    def make(self, kind: Retirable, thing_id: str, build: Build) -> Response:
        """Make a thing; one that was retired comes back."""

        def decide(registry: Registry) -> Sequence[Change]:
            if registry.is_live(kind, thing_id):
                raise ProblemError(
                    problems.ALREADY_THERE, f"there is a {kind} {thing_id} already", id=thing_id
                )
            if thing_id in registry.things(kind):
                self._check_theirs(registry, kind, thing_id)
            return self._checked(registry, kind, thing_id, build)

        registry = self._decide(decide)
        place = {"Location": f"{PATHS[kind]}/{thing_id}"}
        return self._answer(registry, kind, thing_id, 201, place)

    def change(
        self, kind: Retirable, thing_id: str, if_match: str | None, build: Build
    ) -> Response:
        """Change a thing that is in use, where it is as they read it."""

        def decide(registry: Registry) -> Sequence[Change]:
            self._check_there(registry, kind, thing_id)
            if not registry.is_live(kind, thing_id):
                message = f"{kind} {thing_id} is retired: make it again (POST) to bring it back"
                raise ProblemError(problems.REFUSED_CHANGE, message)
            check(if_match, tag(self.services, self.viewer, registry, kind, thing_id))
            return self._checked(registry, kind, thing_id, build)

        return self._answer(self._decide(decide), kind, thing_id)

    def retire(
        self, kind: Retirable, thing_id: str, if_match: str | None, body: Retirement | None
    ) -> Response:
        """Take a thing out of use; one that is out of use already stays as it is."""
        from_s = body.from_s if body and body.from_s is not None else self.now_s
        if from_s > self.now_s:
            raise invalid("body.from_s", f"nothing is retired ahead: it is {self.now_s} now")

        def decide(registry: Registry) -> Sequence[Change]:
            self._check_there(registry, kind, thing_id)
            if not registry.is_live(kind, thing_id):
                return ()
            check(if_match, tag(self.services, self.viewer, registry, kind, thing_id))
            return [Retire(kind, thing_id, from_s)]

        return self._answer(self._decide(decide), kind, thing_id)

    def _decide(self, decide: Build) -> Registry:
        now_ms = self.services.clock.now_ms()
        try:
            return self.services.registry.decide(decide, by=self.user.name, now_ms=now_ms)
        except RefusedChangeError as error:
            raise ProblemError(problems.REFUSED_CHANGE, str(error)) from error

    def _checked(
        self, registry: Registry, kind: Retirable, thing_id: str, build: Build
    ) -> Sequence[Change]:
        """What is to change, where what becomes of it is theirs, too."""
        try:
            changes = build(registry)
        except ValueError as error:
            raise invalid("body", str(error)) from error
        after = registry.copy()
        for change in changes:
            refused = after.apply(change)
            if refused is not None:
                raise ProblemError(problems.REFUSED_CHANGE, refused)
        self._check_theirs(after, kind, thing_id)
        return changes

    def _check_there(self, registry: Registry, kind: Retirable, thing_id: str) -> None:
        if not is_seen(registry, self.viewer, kind, thing_id):
            raise unknown(kind, thing_id)
        self._check_theirs(registry, kind, thing_id)

    def _check_theirs(self, registry: Registry, kind: Retirable, thing_id: str) -> None:
        if not may_change(registry, self.user, kind, thing_id):
            message = f"{kind} {thing_id} is, or would be, not only of your sites; ask an operator"
            raise ProblemError(problems.NOT_YOURS, message)

    def _answer(
        self,
        registry: Registry,
        kind: Retirable,
        thing_id: str,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:
        shown = show(self.services, self.viewer, registry, kind, thing_id)
        etag = tag(self.services, self.viewer, registry, kind, thing_id, shown)
        return answer(shown, etag, status, headers)
