"""Who may speak to a broker, live: one face for nats-server and for Mosquitto."""

from collections.abc import Iterable
from typing import Protocol

from jemput.broker.account import BrokerAccount
from jemput.broker.nats import NatsServer


class BrokerAccounts(Protocol):
    """Who may speak to one broker.

    Whoever is no longer among the accounts, or has another password, is cut off within seconds
    and cannot return; everybody else stays connected.
    """

    def put(self, accounts: Iterable[BrokerAccount]) -> None:
        """From now on these may speak and nobody else. Raises `BrokerError`."""
        ...

    def renew(self) -> None:
        """Take the certificate that is in its file now, for new connections."""
        ...


class NatsAccounts:
    """Who may speak to our own nats-server, which runs."""

    def __init__(self, server: NatsServer, known: Iterable[BrokerAccount] = ()) -> None:
        """Take the server, and with whom it was started."""
        self.server = server
        self._known = tuple(known)

    def put(self, accounts: Iterable[BrokerAccount]) -> None:
        """From now on these may speak and nobody else. Raises `BrokerError`."""
        known = tuple(accounts)
        self.server.reload(known)
        self._known = known

    def renew(self) -> None:
        """Take the certificate that is in its file now, for new connections."""
        self.server.reload(self._known)
