"""Where the broker is, who we are to it, and what we want to hear."""

import ssl
from dataclasses import dataclass, field
from typing import Final

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
FORGOTTEN: Final = (
    "the broker forgot our session: what it had accepted for us meanwhile may be lost, "
    "and devices will send it again; check the broker's persistence"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A broker and the account used there."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    def __str__(self) -> str:
        """Host and port, as an error message names them."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Session:
    """A persistent session: its client id, its subscriptions, and how patient it is.

    Whoever knows the client id and has any account can take the session over, so it is
    not to be guessed from the outside. A payload longer than `max_payload_bytes` arrives
    cut to one byte more than that, so that it can be told apart and set aside.
    """

    client_id: str = field(repr=False)
    filters: tuple[str, ...]
    keepalive_s: int = 30
    timeout_s: float = 10.0
    max_payload_bytes: int = MAX_PAYLOAD_BYTES

    def __post_init__(self) -> None:
        """Refuse what could never hear anything."""
        if not self.filters or self.keepalive_s < 1:
            raise ValueError("a session needs topic filters, and a keepalive of 1 s or more")
