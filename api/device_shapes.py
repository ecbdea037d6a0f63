"""Devices and collectors' apps as JSON: as they are said, and what is taken."""

from typing import Annotated

from pydantic import Field

from api.shapes import AtS, Said, Taken
from api.things import FromS, Id, Next, example, left

Password = Annotated[str, Field(description="Shown this once: the database has hashes only")]


class Hung(Said):
    """On which bin a device hung, from when to when; null is until further notice."""

    bin: Id
    from_s: int
    until_s: int | None


class SaidOfItself(Said):
    """What a device said of itself last; `lost_at_s` is since when the broker misses it."""

    heard_at_s: AtS
    lost_at_s: AtS | None
    firmware: Annotated[str | None, Field(description="What its firmware calls itself")]
    release: Annotated[int, Field(description="The update that it runs; 0 is as it was flashed")]
    configuration: Annotated[int, Field(description="Version that holds; 0 is as it was flashed")]
    refused: Annotated[
        str | None, Field(description="Why it does not take the configuration it was told")
    ]
    update: Annotated[str | None, Field(description="How far another release is, in its words")]


class Device(Said):
    """A device. Its site is its bin's, else the one that its account speaks for, else null."""

    id: Id
    site: Id | None
    bin: Id | None
    history: list[Hung]
    may_speak: Annotated[bool, Field(description="Whether the broker lets it in")]
    provisioned_at_s: AtS | None
    revoked_at_s: AtS | None
    said: SaidOfItself | None


class Devices(Said):
    """Some devices."""

    devices: list[Device]
    next: Next


class DeviceWithPassword(Device):
    """A device, and the password that opens the broker to it."""

    password: Password


class CollectorApp(Said):
    """A collector's own app at the broker: who it is there, and what it hears."""

    collector: Id
    user: Annotated[str, Field(examples=["_collector-budi"])]
    topic: Annotated[str, Field(examples=["jemput/v1/collectors/budi/alert"])]
    may_hear: Annotated[bool, Field(description="Whether the broker lets it in")]
    is_told: Annotated[
        bool, Field(description="Whether alerts go there: in use, and with the channel mqtt")
    ]
    provisioned_at_s: AtS | None
    revoked_at_s: AtS | None


class CollectorAppWithPassword(CollectorApp):
    """A collector's own app, and the password that opens the broker to it."""

    password: Password


class Stranger(Said):
    """Somebody is talking who hangs on no bin. `held` readings go to the bin it is bound to."""

    device: str
    held: int
    first_at_s: AtS
    last_at_s: AtS
    last_distance_mm: int | None
    last_battery_mv: int | None
    quarantined: Annotated[
        dict[str, int], Field(description="Messages that could not be taken, by reason")
    ]


class Strangers(Said):
    """Who is talking, whoever spoke last first; at most half a minute late."""

    strangers: list[Stranger]


class NewDevice(Taken):
    """A device to be let in."""

    model_config = example(id="d-0001", site="lubuk-pakam")

    id: Id
    site: Annotated[Id | None, Field(description="The only site it may speak for")] = None


class Hanging(Taken):
    """On which bin to hang it, since when."""

    model_config = example(bin="pasar-delimas-organic")

    bin: Id
    from_s: Annotated[
        FromS | None, Field(description="Bound: else since first heard; swapped: else now")
    ] = left()


class TakingDown(Taken):
    """Since when."""

    model_config = example(from_s=1772326800)

    from_s: Annotated[FromS | None, Field(description="Else now")] = left()
