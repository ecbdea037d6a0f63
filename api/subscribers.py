"""What the API says and takes of subscriptions: who is told of which events, and was it."""

from typing import Annotated, Final

from pydantic import Field

from api.shapes import AtS, Said, Taken
from jemput.events import EventType
from jemput.ids import ID_PATTERN
from jemput.store.deliveries import Fate
from jemput.webhooks import LONGEST_URL

SiteId = Annotated[str, Field(pattern=f"^{ID_PATTERN}$", examples=["lubuk-pakam"])]
Url = Annotated[
    str,
    Field(
        max_length=LONGEST_URL,
        pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$",
        description="http or https, without user and fragment",
        examples=["https://disposal.example/hooks/jemput"],
    ),
]
Label = Annotated[
    str, Field(max_length=100, pattern=r"^[^\x00]*$", examples=["Dinas Lingkungan Hidup"])
]

LONGEST_OVERLAP_S: Final = 30 * 86_400


class NewSubscription(Taken):
    """Which system wants to be told of what. No events or no sites mean all of them."""

    url: Url
    label: Label = ""
    events: list[EventType] = Field(
        default=[], max_length=len(EventType), examples=[["pickup.opened", "bin.silent"]]
    )
    sites: list[SiteId] = Field(default=[], max_length=100, examples=[["lubuk-pakam"]])


class Subscription(Said):
    """Who is told of what, and how it goes. `trouble` is why its first letter waits."""

    id: str = Field(examples=["sub-5b1c9d1f0e8a7c34"])
    url: Url
    label: str = Field(examples=["Dinas Lingkungan Hidup"])
    events: list[EventType] = Field(examples=[["pickup.opened", "bin.silent"]])
    sites: list[str] = Field(examples=[["lubuk-pakam"]])
    created_at_s: AtS
    created_by: str = Field(examples=["sri"])
    waiting: int = Field(description="How many letters wait", examples=[0])
    sent_at_s: AtS | None = Field(description="When the last letter arrived")
    trouble: str | None = Field(examples=["the receiver answered 503"])


class NewlySubscribed(Subscription):
    """A new subscription with the secret that signs what it is sent. It is shown only now."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD5UJXxJ7zXW0="])


class Rotation(Taken):
    """How long the old secret signs beside the new one; 0 where it is known to others."""

    overlap_s: int = Field(
        default=86_400, strict=True, ge=0, le=LONGEST_OVERLAP_S, examples=[86_400]
    )


class Rotated(Subscription):
    """A subscription with its new secret, which is shown only now."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD5UJXxJ7zXW0="])
    old_signs_until_s: AtS


class Subscriptions(Said):
    """Every subscription, oldest first."""

    subscriptions: list[Subscription]


class Delivery(Said):
    """One letter: of which event, and whether it arrived."""

    id: int = Field(examples=[812])
    event: str = Field(examples=["pasar-delimas-organic-812/accepted"])
    type: str = Field(examples=["pickup.accepted"])
    state: Fate
    attempts: int = Field(examples=[1])
    made_at_s: AtS
    next_at_s: AtS | None = Field(description="When it is tried next, if it waits")
    done_at_s: AtS | None = Field(description="When it arrived, or was given up")
    trouble: str | None = Field(examples=["the receiver answered 503"])


class Deliveries(Said):
    """Letters of a subscription, newest first."""

    deliveries: list[Delivery]
    next: int | None = Field(description="The cursor of the next page; null on the last")


class Asked(Said):
    """A test on its way: the id of its letter among the deliveries."""

    delivery: int = Field(examples=[813])
