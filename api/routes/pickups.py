"""Pickups: what is to be emptied, why, and what became of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from api import problems, shapes
from api.dependencies import ServicesOf, may_be
from api.problems import ProblemError
from api.routes.bins import known_bin
from api.services import Services
from api.speaking import TownOf, UserOf, needs
from jemput.pickup import Pickup, Reason, State, Why
from jemput.roles import Right
from jemput.store.pickups import AlreadyOpenError, hand_pickup_id

PickupId = Annotated[str, Path(description="A pickup's id", examples=["pasar-delimas-organic-812"])]
router = APIRouter(tags=["pickups"])


@router.get(
    "/v1/pickups",
    operation_id="list_pickups",
    summary="Pickups, newest first",
    dependencies=[needs(Right.READ_OWN)],
    responses=may_be(*problems.OF_SPEAKING, problems.INVALID_REQUEST),
)
def list_pickups(
    town: TownOf,
    state: Annotated[Literal["open", "all"], Query(description="Open ones, or all")] = "open",
    bin_id: Annotated[str | None, Query(alias="bin", description="Only of this bin")] = None,
) -> shapes.Pickups:
    """Pickups, newest first, at most 1,000. A collector who may not read all sees their own."""
    return town.pickups(only_open=state == "open", bin_id=bin_id)


@router.get(
    "/v1/pickups/{pickup_id}",
    operation_id="get_pickup",
    summary="One pickup: why, and what became of it",
    dependencies=[needs(Right.READ_OWN)],
    responses=may_be(*problems.OF_SPEAKING, problems.NOT_FOUND),
)
def get_pickup(town: TownOf, pickup_id: PickupId) -> shapes.PickupWithMoves:
    """One pickup with the rule that opened it, the readings it saw, and its moves."""
    return town.pickup(pickup_id)


@router.post(
    "/v1/pickups",
    operation_id="open_pickup",
    summary="Open a pickup by hand",
    status_code=201,
    dependencies=[needs(Right.MOVE)],
    responses=may_be(
        *problems.OF_SPEAKING,
        problems.NOT_YOURS,
        problems.FROM_ELSEWHERE,
        problems.NOT_FOUND,
        problems.ALREADY_OPEN,
        problems.REFUSED_CHANGE,
        problems.INVALID_REQUEST,
    ),
)
def open_pickup(
    services: ServicesOf, town: TownOf, user: UserOf, body: shapes.Request, response: Response
) -> shapes.PickupWithMoves:
    """Ask for a bin to be emptied, whatever its level. Its collector is told."""
    a_bin = known_bin(town, body.bin)
    if not user.sees(a_bin.halte.site):
        raise ProblemError(problems.NOT_YOURS, f"bin {a_bin.id} is not at a site of yours")
    if not services.registry.look().is_live("bin", a_bin.id):
        raise ProblemError(problems.REFUSED_CHANGE, f"bin {a_bin.id} is retired: nobody fetches it")
    opened = _by_hand(services, a_bin, body.note)
    try:
        services.pickups.open_by_hand(opened, site=a_bin.halte.site, by=user.name)
    except AlreadyOpenError as error:
        raise ProblemError(problems.ALREADY_OPEN, str(error), bin=a_bin.id) from error
    response.headers["Location"] = f"/v1/pickups/{opened.id}"
    return town.pickup(opened.id)


def _by_hand(services: Services, a_bin: shapes.Bin, note: str | None) -> Pickup:
    now_ms = services.clock.now_ms()
    collector = services.registry.look().collector_of(a_bin.id)
    level = a_bin.last_level_percent
    return Pickup(
        id=hand_pickup_id(a_bin.id),
        bin=a_bin.id,
        reason=Reason.MANUAL,
        state=State.REQUESTED,
        opened_ms=now_ms,
        moved_ms=now_ms,
        why=Why("by_hand", {} if level is None else {"level_percent": level}),
        collector=collector.id if collector else None,
        note=note,
    )
