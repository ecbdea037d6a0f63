"""Accounts at the MQTT broker for collectors' own apps, which hear their own alerts."""

from collections.abc import Sequence

from msgspec import Struct

from jemput.hashes import Hashes
from jemput.ids import check_id
from jemput.store.broker_accounts import BrokerAccountError, BrokerAccountStore, Known
from jemput.store.registry import RegistryStore


class CollectorAccount(Struct, frozen=True):
    """A collector with an account. `is_told` says whether alerts go over MQTT to them at all."""

    collector: str
    created_ms: int
    rotated_ms: int | None
    revoked_ms: int | None
    is_told: bool


class CollectorAccounts:
    """The accounts of one group's collectors."""

    def __init__(self, registry: RegistryStore) -> None:
        """Take the group's registry; touch nothing."""
        self.accounts = BrokerAccountStore(registry.engine)
        self.registry = registry
        self.group = registry.group

    def provision(self, collector: str, hashes: Hashes, *, by: str, now_ms: int) -> None:
        """Make the account of a collector in use. Raises `BrokerAccountError`."""
        if not self.registry.look().is_live("collector", check_id("collector", collector)):
            raise BrokerAccountError(
                f"there is no collector {collector} in use: make the collector first"
            )
        self.accounts.provision(
            self.group, {collector: hashes}, by=by, now_ms=now_ms, kind="collector"
        )

    def rotate(self, collector: str, hashes: Hashes, *, by: str, now_ms: int) -> None:
        """Give it another password; the old one ends. Raises `BrokerAccountError`."""
        self._check_group(collector)
        self.accounts.rotate(collector, hashes, by=by, now_ms=now_ms, kind="collector")

    def revoke(self, collector: str, *, by: str, now_ms: int) -> None:
        """End it, also of a collector that is retired. Raises `BrokerAccountError`."""
        self._check_group(collector)
        self.accounts.revoke(collector, by=by, now_ms=now_ms, kind="collector")

    def get(self, collector: str) -> CollectorAccount | None:
        """The account of that collector, revoked or not."""
        found = self.accounts.get(collector, "collector")
        return None if found is None or found.group != self.group else self._told(found)

    def list(self) -> Sequence[CollectorAccount]:
        """Every account by collector, revoked ones too."""
        return [self._told(one) for one in self.accounts.list(self.group, "collector")]

    def _told(self, known: Known) -> CollectorAccount:
        registry = self.registry.look()
        collector = registry.collectors.get(known.name)
        is_told = (
            collector is not None
            and registry.is_live("collector", known.name)
            and "mqtt" in collector.channels
        )
        return CollectorAccount(
            known.name, known.created_ms, known.rotated_ms, known.revoked_ms, is_told
        )

    def _check_group(self, collector: str) -> None:
        found = self.accounts.get(collector, "collector")
        if found is not None and found.group != self.group:
            raise BrokerAccountError(
                f"collector {collector} is of group {found.group}: name it by --group"
            )
