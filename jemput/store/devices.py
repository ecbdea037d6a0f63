"""Devices: the account of each, on which bin it hangs since when, and one step to change that."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from jemput.ids import check_id
from jemput.reading import Reading
from jemput.registry import Bind, Change, Registry
from jemput.store.broker_accounts import ANY_SITE, BrokerAccountStore, Known
from jemput.store.registry import RefusedChangeError, RegistryStore
from jemput.store.statuses import Heard, Statuses
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
    """One device. Its site is its bin's, else the one its account speaks for, else unknown.

    `heard` is what it said of itself last.
    """

    id: str
    site: str | None
    bin: str | None
    from_s: int | None
    history: tuple[Hung, ...]
    account: Known | None
    heard: Heard | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether it may no longer speak."""
        return self.account is not None and self.account.revoked_ms is not None


class Devices:
    """The devices of one group: whoever has an account here, or ever hung on a bin."""

    def __init__(self, registry: RegistryStore) -> None:
        """Take the group's registry; touch nothing."""
        self.accounts = BrokerAccountStore(registry.engine)
        self.registry = registry
        self.statuses = Statuses(registry.engine, registry.group)
        self.strangers = Strangers(registry.engine, registry.group)
        self.group = registry.group

    def list(self, now_s: int) -> Sequence[Device]:
        """Every device, by id."""
        registry = self.registry.look()
        accounts = {one.name: one for one in self.accounts.list(self.group)}
        names = sorted(accounts.keys() | registry.bindings.keys())
        heard = self.statuses.all()
        return [device_of(registry, one, accounts.get(one), now_s, heard.get(one)) for one in names]

    def get(self, device: str, now_s: int) -> Device:
        """One device. Raises `UnknownDeviceError`."""
        registry, account = self.registry.look(), self.accounts.get(device)
        if account is not None and account.group != self.group:
            account = None
        if account is None and device not in registry.bindings:
            raise UnknownDeviceError(
                f"there is no device {device}: provision it, or bind it where it speaks already"
            )
        heard = self.statuses.all().get(device)
        return device_of(registry, device, account, now_s, heard)

    def bind(
        self, device: str, bin_id: str, *, by: str, now_ms: int, from_s: int | None = None
    ) -> int:
        """Hang a device on a bin where none hangs; since when, in Unix seconds.

        Without `from_s` it hangs there since it was first heard, so that what is held of it is
        the bin's. Raises `RefusedChangeError`.
        """
        held = self.strangers.held().get(check_id("device", device), ())
        now_s, since_s = now_ms // 1000, LONG_AGO_S

        def hang(registry: Registry) -> Sequence[Change]:
            nonlocal since_s
            since_s = (
                _free_since(registry, device, bin_id, held, now_s) if from_s is None else from_s
            )
            at_s = max(since_s, now_s)
            _refuse_hung(registry, device, bin_id, at_s)
            if (other := hangs_on(registry, bin_id, at_s)) not in {None, device}:
                message = f"device {other} hangs on bin {bin_id}: swap it for {device}"
                raise RefusedChangeError(message)
            return [Bind(device, bin_id, since_s)]

        self.registry.decide(hang, by=by, now_ms=now_ms)
        return since_s

    def swap(
        self, bin_id: str, device: str, *, by: str, now_ms: int, from_s: int | None = None
    ) -> str:
        """Hang another device on a bin, whose history stays; which one came down.

        Raises `RefusedChangeError`.
        """
        since_s, old = now_ms // 1000 if from_s is None else from_s, ""

        def hang(registry: Registry) -> Sequence[Change]:
            nonlocal old
            _refuse_hung(registry, device, bin_id, since_s)
            found = hangs_on(registry, bin_id, since_s)
            if found is None or found == device:
                what = "no device" if found is None else f"{device} already"
                raise RefusedChangeError(f"bin {bin_id} has {what}: bind hangs one on it")
            old = found
            return [Bind(device, bin_id, since_s)]

        self.registry.decide(hang, by=by, now_ms=now_ms)
        return old

    def take_down(self, device: str, *, by: str, now_ms: int, from_s: int | None = None) -> str:
        """Take a device from its bin; which one that was. Raises `RefusedChangeError`."""
        since_s, bin_id = now_ms // 1000 if from_s is None else from_s, ""

        def take(registry: Registry) -> Sequence[Change]:
            nonlocal bin_id
            found = registry.bin_of(device, since_s)
            if found is None:
                message = f"device {device} hangs on no bin: there is nothing to do"
                raise RefusedChangeError(message)
            bin_id = found
            return [Bind(device, None, since_s)]

        self.registry.decide(take, by=by, now_ms=now_ms)
        return bin_id


def device_of(
    registry: Registry,
    device: str,
    account: Known | None,
    now_s: int,
    heard: Heard | None = None,
) -> Device:
    """A device as it is at a time."""
    history = tuple(hanging(registry, device))
    now = next((one for one in reversed(history) if _holds(one, now_s)), None)
    site = registry.site_of(now.bin) if now else None
    if site is None and account is not None and account.site != ANY_SITE:
        site = account.site
    bin_id, from_s = (now.bin, now.from_s) if now else (None, None)
    return Device(device, site, bin_id, from_s, history, account, heard)


def hanging(registry: Registry, device: str) -> Iterator[Hung]:
    """Where a device hung, in order."""
    history = [*registry.bindings.get(device, ()), None]
    for one, following in pairwise(history):
        if one is not None and one[1] is not None:
            yield Hung(one[1], one[0], following[0] if following else None)


def hangs_on(registry: Registry, bin_id: str, at_s: int) -> str | None:
    """The device that hangs on a bin at a time."""
    return next((one for one in registry.bindings if registry.bin_of(one, at_s) == bin_id), None)


def _free_since(
    registry: Registry, device: str, bin_id: str, held: Sequence[Reading], now_s: int
) -> int:
    """Since when a device may be the bin's: first heard, and not before either was free."""
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


def _holds(hung: Hung, at_s: int) -> bool:
    return hung.from_s <= at_s and (hung.until_s is None or at_s < hung.until_s)


def _refuse_hung(registry: Registry, device: str, bin_id: str, at_s: int) -> None:
    other = registry.bin_of(check_id("device", device), at_s)
    if other not in {None, bin_id}:
        raise RefusedChangeError(f"device {device} hangs on bin {other}: take it down first")
