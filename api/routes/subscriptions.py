"""Subscriptions: other systems that are told of events by webhook."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from api import problems, subscribers
from api.dependencies import ServicesOf, may_be
from api.problems import ProblemError, invalid
from api.speaking import UserOf, needs
from jemput import webhooks
from jemput.events import EventType
from jemput.roles import Right
from jemput.store.deliveries import Delivered, Deliveries, Fate
from jemput.store.subscriptions import (
    Subscription,
    Subscriptions,
    TooManyError,
    UnknownSubscriptionError,
    Wanted,
)
from jemput.webhooks import BadUrlError

LARGEST_ID: Final = 2**31 - 1
SubscriptionId = Annotated[
    str, Path(description="A subscription's id", examples=["sub-5b1c9d1f0e8a7c34"])
]
OF_READING: Final[dict[int | str, dict[str, Any]]] = may_be(
    *problems.OF_SPEAKING, problems.NOT_YOURS
)
OF_ONE: Final = OF_READING | may_be(problems.NOT_FOUND)
OF_CHANGING: Final = may_be(
    *problems.OF_SPEAKING, problems.NOT_YOURS, problems.FROM_ELSEWHERE, problems.NOT_FOUND
)
router = APIRouter(tags=["subscriptions"], dependencies=[needs(Right.CHANGE_SUBSCRIPTIONS)])


class Desk:
    """The subscriptions that somebody may see: who is of some sites sees those of their sites."""

    def __init__(self, services: ServicesOf, user: UserOf) -> None:
        """Take who is speaking."""
        self.services = services
        self.user = user
        self.kept = Subscriptions(services.engine, services.group)
        self.deliveries = Deliveries(services.engine, services.group)

    def find(self, subscription_id: str) -> Subscription:
        """One of them. Raises the problem where there is none, or it is hidden."""
        try:
            found = self.kept.get(subscription_id)
        except UnknownSubscriptionError:
            found = None
        if found is None or not self.sees(found.wanted):
            raise ProblemError(problems.NOT_FOUND, f"there is no subscription {subscription_id!r}")
        return found

    def sees(self, wanted: Wanted) -> bool:
        """Whether all that it is told of is theirs."""
        return not self.user.sites or (
            bool(wanted.sites) and set(wanted.sites) <= set(self.user.sites)
        )

    def check(self, wanted: Wanted) -> None:
        """Raise the problem where nobody may be told so."""
        try:
            webhooks.check_url(wanted.url, to_lan=self.services.webhooks_to_lan)
        except BadUrlError as error:
            raise invalid("body.url", str(error)) from error
        if unknown := set(wanted.sites) - self.services.registry.read().sites.keys():
            raise ProblemError(problems.NOT_FOUND, f"there is no site {min(unknown)!r}")
        if not self.sees(wanted):
            message = f"name sites of yours: {', '.join(self.user.sites)}"
            raise ProblemError(problems.NOT_YOURS, message)

    def show(self, one: Subscription) -> subscribers.Subscription:
        """A subscription as it is shown."""
        standing = self.deliveries.standing(one.id)
        return subscribers.Subscription(
            id=one.id,
            url=one.wanted.url,
            label=one.wanted.label,
            events=[EventType(event) for event in one.wanted.events],
            sites=list(one.wanted.sites),
            created_at_s=one.created_ms // 1000,
            created_by=one.created_by,
            waiting=standing.waiting,
            sent_at_s=_seconds(standing.sent_ms),
            trouble=standing.error,
        )


DeskOf = Annotated[Desk, Depends()]


@router.post(
    "/v1/subscriptions",
    operation_id="subscribe",
    summary="Tell another system of events",
    status_code=201,
    responses=OF_CHANGING | may_be(problems.TOO_MANY_SUBSCRIPTIONS, problems.INVALID_REQUEST),
)
def subscribe(
    desk: DeskOf, body: subscribers.NewSubscription, response: Response
) -> subscribers.NewlySubscribed:
    """From now on it is told by POST; docs/webhooks.md says how, and how to check the signature."""
    wanted = Wanted(body.url, body.label, tuple(body.events), tuple(body.sites))
    desk.check(wanted)
    now_ms = desk.services.clock.now_ms()
    try:
        made, secret = desk.kept.create(wanted, desk.user.name, now_ms)
    except TooManyError as error:
        raise ProblemError(problems.TOO_MANY_SUBSCRIPTIONS, str(error)) from error
    response.headers["Location"] = f"/v1/subscriptions/{made.id}"
    response.headers["Cache-Control"] = "no-store"
    return subscribers.NewlySubscribed(**dict(desk.show(made)), secret=secret)


@router.get(
    "/v1/subscriptions",
    operation_id="list_subscriptions",
    summary="Every subscription, and how it goes",
    responses=OF_READING,
)
def list_subscriptions(desk: DeskOf) -> subscribers.Subscriptions:
    """Those that are not retired, oldest first."""
    found = [desk.show(one) for one in desk.kept.list() if desk.sees(one.wanted)]
    return subscribers.Subscriptions(subscriptions=found)


@router.get(
    "/v1/subscriptions/{subscription_id}",
    operation_id="get_subscription",
    summary="One subscription, and how it goes",
    responses=OF_ONE,
)
def get_subscription(desk: DeskOf, subscription_id: SubscriptionId) -> subscribers.Subscription:
    """One subscription, without its secret."""
    return desk.show(desk.find(subscription_id))


@router.delete(
    "/v1/subscriptions/{subscription_id}",
    operation_id="retire_subscription",
    summary="Tell it nothing more",
    status_code=204,
    responses=OF_CHANGING,
)
def retire_subscription(desk: DeskOf, subscription_id: SubscriptionId) -> None:
    """What waits for it is given up, and its secret is forgotten."""
    desk.find(subscription_id)
    now_ms = desk.services.clock.now_ms()
    try:
        desk.kept.retire(subscription_id, desk.user.name, now_ms)
    except UnknownSubscriptionError:
        desk.find(subscription_id)


@router.post(
    "/v1/subscriptions/{subscription_id}/rotate",
    operation_id="rotate_subscription",
    summary="Give it another secret",
    responses=OF_CHANGING | may_be(problems.INVALID_REQUEST),
)
def rotate_subscription(
    desk: DeskOf,
    subscription_id: SubscriptionId,
    response: Response,
    body: Annotated[subscribers.Rotation | None, Body()] = None,
) -> subscribers.Rotated:
    """Letters are signed by both, so that the receiver misses nothing; the new one is shown now."""
    found = desk.find(subscription_id)
    now_ms = desk.services.clock.now_ms()
    until_ms = now_ms + (body or subscribers.Rotation()).overlap_s * 1000
    try:
        secret = desk.kept.rotate(subscription_id, desk.user.name, now_ms, until_ms)
    except UnknownSubscriptionError:
        desk.find(subscription_id)
        raise
    response.headers["Cache-Control"] = "no-store"
    return subscribers.Rotated(
        **dict(desk.show(found)), secret=secret, old_signs_until_s=until_ms // 1000
    )


@router.post(
    "/v1/subscriptions/{subscription_id}/test",
    operation_id="test_subscription",
    summary="Send it an event that says nothing",
    status_code=202,
    responses=OF_CHANGING,
)
def test_subscription(desk: DeskOf, subscription_id: SubscriptionId) -> subscribers.Asked:
    """It is of type `ping`, and goes the way of every other; see the deliveries for its fate."""
    desk.find(subscription_id)
    now_ms = desk.services.clock.now_ms()
    return subscribers.Asked(delivery=desk.kept.test(subscription_id, desk.user.name, now_ms))


@router.get(
    "/v1/subscriptions/{subscription_id}/deliveries",
    operation_id="list_deliveries",
    summary="What it was sent, and whether it arrived",
    responses=OF_ONE | may_be(problems.INVALID_REQUEST),
)
def list_deliveries(
    desk: DeskOf,
    subscription_id: SubscriptionId,
    cursor: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="`next` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> subscribers.Deliveries:
    """Letters of the last week, newest first."""
    desk.find(subscription_id)
    found = desk.deliveries.list(subscription_id, before_id=cursor, most=limit + 1)
    shown = [_show(one) for one in found[:limit]]
    has_more = len(found) > limit
    return subscribers.Deliveries(deliveries=shown, next=shown[-1].id if has_more else None)


def _show(one: Delivered) -> subscribers.Delivery:
    waits = one.state == Fate.WAITING.value
    return subscribers.Delivery(
        id=one.id,
        event=one.event,
        type=one.type,
        state=Fate(one.state),
        attempts=one.attempts,
        made_at_s=one.made_ms // 1000,
        next_at_s=one.due_ms // 1000 if waits else None,
        done_at_s=_seconds(one.done_ms),
        trouble=one.error,
    )


def _seconds(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms // 1000
