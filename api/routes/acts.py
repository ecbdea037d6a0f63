"""Acts: what a person does to a pickup. The answer is 200 or 409 at once."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends

from api import problems, shapes
from api.dependencies import ServicesOf, may_be
from api.problems import ProblemError
from api.routes.pickups import PickupId
from api.speaking import TownOf, UserOf, ViewerOf, needs
from jemput.entry import ActKind
from jemput.fold.acts import STATE_AFTER
from jemput.pickup import RefusedError
from jemput.roles import Right

OF_COLLECTORS: Final = [needs(Right.MOVE_OWN)]
OF_DISPATCHERS: Final = [needs(Right.MOVE)]
RESPONSES: Final[dict[int | str, dict[str, Any]]] = may_be(
    *problems.OF_SPEAKING,
    problems.NOT_YOURS,
    problems.FROM_ELSEWHERE,
    problems.NOT_FOUND,
    problems.REFUSED_MOVE,
    problems.INVALID_REQUEST,
)
router = APIRouter(tags=["acts"], responses=RESPONSES)


class Actor:
    """Somebody who moves pickups, as far as they may."""

    def __init__(self, services: ServicesOf, town: TownOf, viewer: ViewerOf, user: UserOf) -> None:
        """Take who is speaking, and what they act on."""
        self.services = services
        self.town = town
        self.viewer = viewer
        self.user = user

    def act(self, kind: ActKind, pickup_id: str, note: str | None) -> shapes.PickupWithMoves:
        """Move the pickup. Raises the problem where they may not, or it cannot."""
        self._check(self.town.pickup(pickup_id))
        now_ms = self.services.clock.now_ms()
        try:
            self.services.pickups.act(kind, pickup_id, self.user.name, now_ms, note)
        except RefusedError:
            found = self.town.pickup(pickup_id)
            if not self._is_done(kind, found):
                raise
            return found
        return self.town.pickup(pickup_id)

    def _is_done(self, kind: ActKind, pickup: shapes.PickupWithMoves) -> bool:
        """Whether they did so before: the first answer was lost, and the phone asks again."""
        last = pickup.moves[-1]
        return last.state is STATE_AFTER[kind] and last.by == self.user.name

    def _check(self, pickup: shapes.Pickup) -> None:
        if not self.viewer.moves(pickup):
            whose = pickup.collector or "nobody yet; ask an operator or a dispatcher"
            raise ProblemError(problems.NOT_YOURS, f"pickup {pickup.id} belongs to {whose}")


def note(body: Annotated[shapes.Remark | None, Body()] = None) -> str | None:
    """What they say with it."""
    return body.note if body else None


ActorOf = Annotated[Actor, Depends()]
NoteOf = Annotated[str | None, Depends(note)]


@router.post(
    "/v1/pickups/{pickup_id}/accept",
    operation_id="accept_pickup",
    dependencies=OF_COLLECTORS,
    summary="I will fetch it",
)
def accept_pickup(actor: ActorOf, pickup_id: PickupId, note: NoteOf) -> shapes.PickupWithMoves:
    """Accept a pickup that nobody accepted yet."""
    return actor.act("accept", pickup_id, note)


@router.post(
    "/v1/pickups/{pickup_id}/collect",
    operation_id="collect_pickup",
    dependencies=OF_COLLECTORS,
    summary="It is emptied",
)
def collect_pickup(actor: ActorOf, pickup_id: PickupId, note: NoteOf) -> shapes.PickupWithMoves:
    """Say that an accepted pickup was emptied. It is verified when the level is seen to drop."""
    return actor.act("collect", pickup_id, note)


@router.post(
    "/v1/pickups/{pickup_id}/fail",
    operation_id="fail_pickup",
    dependencies=OF_COLLECTORS,
    summary="It cannot be emptied",
)
def fail_pickup(
    actor: ActorOf, pickup_id: PickupId, body: shapes.Failure
) -> shapes.PickupWithMoves:
    """Say why an accepted pickup cannot be emptied. The bin is called again after a while."""
    note = body.reason.value if body.note is None else f"{body.reason}: {body.note}"
    return actor.act("fail", pickup_id, note)


@router.post(
    "/v1/pickups/{pickup_id}/withdraw",
    operation_id="withdraw_pickup",
    dependencies=OF_DISPATCHERS,
    summary="It is not needed",
)
def withdraw_pickup(actor: ActorOf, pickup_id: PickupId, note: NoteOf) -> shapes.PickupWithMoves:
    """Close an open pickup. Operators and dispatchers only."""
    return actor.act("withdraw", pickup_id, note)


@router.post(
    "/v1/pickups/{pickup_id}/confirm",
    operation_id="confirm_pickup",
    dependencies=OF_DISPATCHERS,
    summary="I saw that it is empty",
)
def confirm_pickup(actor: ActorOf, pickup_id: PickupId, note: NoteOf) -> shapes.PickupWithMoves:
    """Verify a pickup by a person's word. Operators and dispatchers only."""
    return actor.act("confirm", pickup_id, note)
