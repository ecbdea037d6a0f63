"""Devices: the account of each, on which bin it hangs since when, and one step to change that."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct
from sqlalchemy import Engine

from jemput.ids import check_id
from jemput.registry import Bind, Registry
from jemput.store.broker_accounts import ANY_SITE, BrokerAccountStore, Known
from jemput.store.registry import RefusedChangeError, RegistryStore
from jemput.store.strangers import Strangers

LONG_AGO_S: Final = 0


class UnknownDeviceError(ValueError):
    """There is no such device; the message says how to make one."""


class Hung(Struct, frozen=True):
    """On which bin a device hung, from when to when; `until_s` None is until further notice."""

    bin: str
    from_s: int
    until_s: int | None


class Device(Struct, frozen=True):
    """One device. Its site is its bin's, else the one its account speaks for, else unknown."""

    id: str
    site: str | None
    bin: str | None
    from_s: int | None
    history: tuple[Hung, ...]
    account: Known | None

    @property
    def is_revoked(self) -> bool:
        """Whether it may no longer speak."""
        return self.account is not None and self.account.revoked_ms is not None


class Devices:
    """The devices of one group: whoever has an account here, or ever hung on a bin."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.accounts = BrokerAccountStore(engine)
        self.registry = RegistryStore(engine, group)
        self.strangers = Strangers(engine, group)
        self.group = group

    def list(self, now_s: int) -> Sequence[Device]:
        """Every device, by id."""
        registry = self.registry.read()
        accounts = {one.name: one for one in self.accounts.list(self.group)}
        names = sorted(accounts.keys() | registry.bindings.keys())
        return [device_of(registry, one, accounts.get(one), now_s) for one in names]

    def get(self, device: str, now_s: int) -> Device:
        """One device. Raises `UnknownDeviceError`."""
        registry, account = self.registry.read(), self.accounts.get(device)
        if account is not None and account.group != self.group:
            account = None
        if account is None and device not in registry.bindings:
            raise UnknownDeviceError(
                f"there is no device {device}: provision it, or bind it where it speaks already"
            )
        return device_of(registry, device, account, now_s)

    def bind(
        self, device: str, bin_id: str, *, by: str, now_ms: int, from_s: int | None = None
    ) -> int:
        """Hang a device on a bin where none hangs; since when, in Unix seconds.

        Without `from_s` it hangs there since it was first heard, so that what is held of it is
        the bin's. Raises `RefusedChangeError`.
        """
        now_s, registry = now_ms // 1000, self.registry.read()
        if from_s is None:
            from_s = self._first_heard(registry, device, bin_id, now_s)
        at_s = max(from_s, now_s)
        _refuse_hung(registry, device, bin_id, at_s)
        if (other := hangs_on(registry, bin_id, at_s)) not in {None, device}:
            raise RefusedChangeError(f"device {other} hangs on bin {bin_id}: swap it for {device}")
        self.registry.change([Bind(device, bin_id, from_s)], by=by, now_ms=now_ms)
        return from_s

    def swap(
        self, bin_id: str, device: str, *, by: str, now_ms: int, from_s: int | None = None
    ) -> str:
        """Hang another device on a bin, whose history stays; which one came down.

        Raises `RefusedChangeError`.
        """
        from_s, registry = now_ms // 1000 if from_s is None else from_s, self.registry.read()
        _refuse_hung(registry, device, bin_id, from_s)
        old = hangs_on(registry, bin_id, from_s)
        if old is None or old == device:
            what = "no device" if old is None else f"{device} already"
            raise RefusedChangeError(f"bin {bin_id} has {what}: bind hangs one on it")
        self.registry.change([Bind(device, bin_id, from_s)], by=by, now_ms=now_ms)
        return old

    def take_down(self, device: str, *, by: str, now_ms: int, from_s: int | None = None) -> str:
        """Take a device from its bin; which one that was. Raises `RefusedChangeError`."""
        from_s, registry = now_ms // 1000 if from_s is None else from_s, self.registry.read()
        bin_id = registry.bin_of(device, from_s)
        if bin_id is None:
            raise RefusedChangeError(f"device {device} hangs on no bin: there is nothing to do")
        self.registry.change([Bind(device, None, from_s)], by=by, now_ms=now_ms)
        return bin_id

    def _first_heard(self, registry: Registry, device: str, bin_id: str, now_s: int) -> int:
        """Since when it may be the bin's: not before either of them was free."""
        held = self.strangers.held().get(check_id("device", device), ())
        first_s = min((one.at_s for one in held), default=now_s)
        free_s = max(
            (at_s for at_s, _ in registry.bindings.get(device, ()) if at_s <= now_s),
            default=LONG_AGO_S,
        )
        before = (
            hung.until_s
            for one in registry.bindings
            for hung in hanging(registry, one)
            if hung.bin == bin_id and hung.until_s is not None
        )
        return min(max(first_s, free_s, *before), now_s)


def device_of(registry: Registry, device: str, account: Known | None, now_s: int) -> Device:
    """A device as it is at a time."""
    history = tuple(hanging(registry, device))
    now = next((one for one in reversed(history) if _holds(one, now_s)), None)
    site = registry.site_of(now.bin) if now else None
    if site is None and account is not None and account.site != ANY_SITE:
        site = account.site
    return Device(
        device, site, now.bin if now else None, now.from_s if now else None, history, account
    )


def hanging(registry: Registry, device: str) -> Iterator[Hung]:
    """Where a device hung, in order."""
    history = [*registry.bindings.get(device, ()), None]
    for one, following in pairwise(history):
        if one is not None and one[1] is not None:
            yield Hung(one[1], one[0], following[0] if following else None)


def hangs_on(registry: Registry, bin_id: str, at_s: int) -> str | None:
    """The device that hangs on a bin at a time."""
    return next((one for one in registry.bindings if registry.bin_of(one, at_s) == bin_id), None)


def _holds(hung: Hung, at_s: int) -> bool:
    return hung.from_s <= at_s and (hung.until_s is None or at_s < hung.until_s)


def _refuse_hung(registry: Registry, device: str, bin_id: str, at_s: int) -> None:
    other = registry.bin_of(check_id("device", device), at_s)
    if other not in {None, bin_id}:
        raise RefusedChangeError(f"device {device} hangs on bin {other}: take it down first")
