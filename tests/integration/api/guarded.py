"""The API where reading needs a user: accounts in the database, and a key for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx

from api.gate import AccountGate
from api.services import Limits, Services
from jemput.roles import Role, User
from jemput.store.accounts import Accounts
from jemput.store.clock import wall_ms
from jemput.store.credentials import Credentials
from tests.integration.api.town import Client, Town, served

PASSWORD = "sapu lidi di teras"  # noqa: S105 - of accounts that live for a second


@dataclass
class Guarded:
    """A served API, and who may ask it."""

    town: Town
    client: Client
    services: Services

    def add(self, name: str, role: Role, *sites: str, password: str | None = None) -> str:
        """Make an account and return a key of it."""
        user = User(name, role, sites)
        Accounts(self.town.engine).put(user, by="guard", now_ms=wall_ms(), password=password)
        return self.key(name)

    def key(self, name: str) -> str:
        """A new key of an account."""
        credentials = Credentials(self.town.engine)
        return credentials.make_key(name, "test", 1, by="guard", now_ms=wall_ms())[1]

    def ask(
        self, key: str | None, path: str, method: str = "GET", body: object = None
    ) -> httpx.Response:
        """What is answered to whoever holds the key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, path, headers=headers, json=body)


@contextmanager
def guarded(town: Town, api_url: str = "", limits: Limits | None = None) -> Iterator[Guarded]:
    """The API over a town, for accounts only."""
    services = replace(
        town.services(limits), gate=AccountGate(town.engine), open_reading=False, api_url=api_url
    )
    with served(services) as client:
        yield Guarded(town, client, services)
