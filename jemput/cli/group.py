"""One group as a process runs it: its database, its clock, and what it keeps."""

from dataclasses import dataclass

from sqlalchemy import Engine

from jemput.store.clock import Clock


@dataclass(frozen=True)
class Group:
    """One group: its database and its clock, which runs so many times as fast as real time.

    Entries older than `keep_s` may go; None keeps them all. Where the clock `stands_still` until
    what was heard is acknowledged, nothing is gained by waiting for more. `client_id` names us at
    the broker; None draws a name once. `webhooks_to_lan` lets events go to private networks.
    """

    engine: Engine
    name: str
    clock: Clock
    speed: float = 1.0
    keep_s: float | None = None
    stands_still: bool = False
    client_id: str | None = None
    webhooks_to_lan: bool = False
