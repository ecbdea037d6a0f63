"""Whoever looks after devices: what they see of them, and what they may change."""

from collections.abc import Iterator
from contextlib import contextmanager

from api import device_shapes as shapes
from api import problems
from api.dependencies import ServicesOf
from api.listing import Order
from api.problems import ProblemError, invalid
from api.reader import unknown
from api.seeing import is_seen, may_change
from api.speaking import UserOf, ViewerOf
from jemput.broker.account import new_password
from jemput.broker.hashing import hashed
from jemput.ids import is_id
from jemput.known import check_site
from jemput.store.broker_accounts import ANY_SITE
from jemput.store.devices import Device, Devices, UnknownDeviceError
from jemput.store.statuses import Heard

STRANGERS = "unknown"
"""The last part of an address, and so no device's id."""


class DeviceReader:
    """Somebody who looks at devices."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf) -> None:
        """Take who is speaking."""
        self.services = services
        self.viewer = viewer
        self.kept = Devices(services.registry)

    @property
    def now_ms(self) -> int:
        """The run's time."""
        return self.services.clock.now_ms()

    def list(self) -> list[Device]:
        """Those that they see."""
        return [one for one in self.kept.list(self.now_ms // 1000) if self._sees(one)]

    def find(self, device_id: str) -> Device:
        """One of them. Raises the problem where there is none, or it is hidden."""
        try:
            found = self.kept.get(device_id, self.now_ms // 1000) if is_id(device_id) else None
        except UnknownDeviceError:
            found = None
        if found is None or not self._sees(found):
            raise ProblemError(problems.NOT_FOUND, f"there is no device {device_id!r}")
        return found

    def _sees(self, device: Device) -> bool:
        """Who is of some sites sees devices of theirs; of no site is who sees all."""
        if self.viewer.only_sites is None:
            return True
        return device.site is not None and self.viewer.sees_site(device.site)


class DeviceDesk:
    """Somebody who changes devices."""

    def __init__(self, services: ServicesOf, viewer: ViewerOf, user: UserOf) -> None:
        """Take who is speaking."""
        self.reader = DeviceReader(services, viewer)
        self.kept = self.reader.kept
        self.user = user

    def provision(self, body: shapes.NewDevice) -> shapes.DeviceWithPassword:
        """Let a device in."""
        if self.user.sites and body.site not in self.user.sites:
            message = f"name a site of yours: {', '.join(self.user.sites)}"
            raise ProblemError(problems.NOT_YOURS, message)
        if body.id == STRANGERS:
            message = f"no device may be called {STRANGERS}: choose another id"
            raise ProblemError(problems.REFUSED_CHANGE, message)
        if body.site is not None:
            with refused_plainly():
                check_site(self.reader.services.registry.look(), body.site)
        password, now_ms = new_password(), self.reader.now_ms
        site = body.site or ANY_SITE
        hashes = {body.id: hashed(password)}
        with refused_plainly():
            self.kept.accounts.provision(
                self.kept.group, hashes, by=self.user.name, now_ms=now_ms, site=site
            )
        return self._with_password(body.id, password)

    def rotate(self, device_id: str) -> shapes.DeviceWithPassword:
        """Another password; the old one ends."""
        self.reader.find(device_id)
        password = new_password()
        by, now_ms = self.user.name, self.reader.now_ms
        with refused_plainly():
            self.kept.accounts.rotate(device_id, hashed(password), by=by, now_ms=now_ms)
        return self._with_password(device_id, password)

    def revoke(self, device_id: str) -> shapes.Device:
        """End its account; one that is revoked stays so."""
        if not self.reader.find(device_id).is_revoked:
            by, now_ms = self.user.name, self.reader.now_ms
            with refused_plainly():
                self.kept.accounts.revoke(device_id, by=by, now_ms=now_ms)
        return self._shown(device_id)

    def bind(self, device_id: str, body: shapes.Hanging) -> shapes.Device:
        """Hang it on a bin where none hangs; whoever speaks may be hung, known or not."""
        self._check_time(body.from_s)
        self._check_bin(body.bin)
        self._check_stranger(device_id)
        by, now_ms = self.user.name, self.reader.now_ms
        with refused_plainly():
            self.kept.bind(device_id, body.bin, by=by, now_ms=now_ms, from_s=body.from_s)
        return self._shown(device_id)

    def swap(self, device_id: str, body: shapes.Hanging) -> shapes.Device:
        """Hang it on a bin in place of the one that hangs there."""
        self._check_time(body.from_s)
        self._check_bin(body.bin)
        self._check_stranger(device_id)
        by, now_ms = self.user.name, self.reader.now_ms
        with refused_plainly():
            self.kept.swap(body.bin, device_id, by=by, now_ms=now_ms, from_s=body.from_s)
        return self._shown(device_id)

    def take_down(self, device_id: str, body: shapes.TakingDown | None) -> shapes.Device:
        """Take it from its bin."""
        found = self.reader.find(device_id)
        if found.bin is not None:
            self._check_bin(found.bin)
        from_s = body.from_s if body else None
        self._check_time(from_s)
        by, now_ms = self.user.name, self.reader.now_ms
        with refused_plainly():
            self.kept.take_down(device_id, by=by, now_ms=now_ms, from_s=from_s)
        return shown(self.kept.get(device_id, now_ms // 1000))

    def _check_time(self, from_s: int | None) -> None:
        now_s = self.reader.now_ms // 1000
        if from_s is not None and from_s > now_s:
            raise invalid("body.from_s", f"nothing is hung ahead: it is {now_s} now")

    def _check_bin(self, bin_id: str) -> None:
        registry = self.reader.services.registry.look()
        if not is_seen(registry, self.reader.viewer, "bin", bin_id):
            raise unknown("bin", bin_id)
        if not may_change(registry, self.user, "bin", bin_id):
            message = f"bin {bin_id} is not only of your sites; ask an operator"
            raise ProblemError(problems.NOT_YOURS, message)

    def _check_stranger(self, device_id: str) -> None:
        """A device that is known has to be theirs; one that is not may be anybody's."""
        if not is_id(device_id) or device_id == STRANGERS:
            raise ProblemError(problems.NOT_FOUND, f"there is no device {device_id!r}")
        registry = self.reader.services.registry.look()
        if device_id in registry.bindings or self.kept.accounts.get(device_id) is not None:
            self.reader.find(device_id)

    def _shown(self, device_id: str) -> shapes.Device:
        return shown(self.reader.find(device_id))

    def _with_password(self, device_id: str, password: str) -> shapes.DeviceWithPassword:
        return shapes.DeviceWithPassword(**dict(self._shown(device_id)), password=password)


@contextmanager
def refused_plainly() -> Iterator[None]:
    """What cannot be done is a problem that says why."""
    try:
        yield
    except ValueError as error:
        raise ProblemError(problems.REFUSED_CHANGE, str(error)) from error


def by_id(sort: str) -> Order[Device]:
    """The order that a list is asked for in."""
    return Order(sort, lambda one: one.id, lambda one: one.id)


def shown(device: Device) -> shapes.Device:
    """A device as it is shown."""
    account = device.account
    revoked_ms = account.revoked_ms if account else None
    return shapes.Device(
        id=device.id,
        site=device.site,
        bin=device.bin,
        history=[
            shapes.Hung(bin=one.bin, from_s=one.from_s, until_s=one.until_s)
            for one in device.history
        ],
        may_speak=account is not None and not device.is_revoked,
        provisioned_at_s=account.created_ms // 1000 if account else None,
        revoked_at_s=revoked_ms // 1000 if revoked_ms is not None else None,
        said=_said(device.heard) if device.heard else None,
    )


def _said(heard: Heard) -> shapes.SaidOfItself:
    said = heard.said
    return shapes.SaidOfItself(
        heard_at_s=heard.heard_at_s,
        lost_at_s=heard.lost_at_s,
        firmware=said.firmware,
        release=said.release,
        configuration=said.config,
        refused=said.refused[1] if said.refused else None,
        update=f"{said.update[0]} {said.update[1]}" if said.update else None,
    )
