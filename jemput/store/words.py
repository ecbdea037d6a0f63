"""What devices are told: written here by people, said by the ingester, answered in statuses."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from sqlalchemy import Connection, Engine, func, insert, select

from jemput.ids import check_id
from jemput.remote import command, configuration
from jemput.remote.command import Command
from jemput.remote.status import Status
from jemput.store import audit
from jemput.store.broker_accounts import ANY_SITE, BrokerAccountStore
from jemput.store.database import writing
from jemput.store.registry import RegistryStore
from jemput.store.schema import device_word
from jemput.store.statuses import Statuses
from jemput.topics import DownKind


class UnreachableDeviceError(ValueError):
    """Nobody knows where a device listens; the message says what to do."""


class Configured(Struct, frozen=True):
    """The last configuration that a device was told; version 0 is none."""

    version: int
    fields: dict[str, int]
    said: bool


class Word(Struct, frozen=True):
    """One thing that a device is told. Without `stage` it is said at once."""

    device: str
    kind: DownKind
    number: int
    payload: bytes
    by: str
    now_ms: int
    until_ms: int | None = None
    stage: int | None = None


class Words:
    """The words of one group."""

    def __init__(self, registry: RegistryStore) -> None:
        """Take the group's registry; touch nothing."""
        self.engine: Engine = registry.engine
        self.group = registry.group
        self.registry = registry
        self.statuses = Statuses(registry.engine, registry.group)

    def routes(self) -> dict[str, str]:
        """Under which site each device listens: where it spoke, else where it may, or hangs."""
        found: dict[str, str] = {}
        registry = self.registry.look()
        for device, bindings in registry.bindings.items():
            bin_id = bindings[-1][1] if bindings else None
            site = registry.site_of(bin_id) if bin_id else None
            if site is not None:
                found[device] = site
        for one in BrokerAccountStore(self.engine).list(self.group):
            if one.site != ANY_SITE:
                found[one.name] = one.site
        return found | {device: one.site for device, one in self.statuses.all().items()}

    def configured(self, device: str) -> Configured:
        """What a device was told last."""
        with self.engine.connect() as connection:
            return _configured(connection, self.group, device)

    def configure(
        self, devices: Iterable[str], settings: Sequence[str], *, by: str, now_ms: int
    ) -> Mapping[str, Configured]:
        """Change the configuration of devices by `NAME=VALUE`, all of them or none.

        Raises `ConfigurationError` or `UnreachableDeviceError`.
        """
        named, said = self.reachable(devices), self.statuses.all()
        found = {}
        with writing(self.engine) as connection:
            for device in named:
                before = _configured(connection, self.group, device)
                fields = configuration.changed(before.fields, settings)
                known = _versions(said[device].said) if device in said else []
                version = max(before.version, *known, 0) + 1
                payload = configuration.encode(version, fields)
                put(connection, self.group, Word(device, "config", version, payload, by, now_ms))
                change = audit.Change("configured", "device", device, before.fields, fields)
                audit.note(connection, by, now_ms, change)
                found[device] = Configured(version, fields, said=False)
        return found

    def command(
        self, devices: Iterable[str], what: Command, *, until_ms: int, by: str, now_ms: int
    ) -> Mapping[str, int]:
        """Tell devices to do something once, until then; the command's number for each.

        Raises `UnreachableDeviceError`.
        """
        named, said = self.reachable(devices), self.statuses.all()
        found = {}
        with writing(self.engine) as connection:
            for device in named:
                known = [one[0] for one in said[device].said.commands] if device in said else []
                number = max(last(connection, self.group, device, "command"), *known, 0) + 1
                payload = command.encode(number, what, until_ms // 1000)
                word = Word(device, "command", number, payload, by, now_ms, until_ms)
                put(connection, self.group, word)
                change = audit.Change("commanded", "device", device, None, {"do": what.value})
                audit.note(connection, by, now_ms, change)
                found[device] = number
        return found

    def reachable(self, devices: Iterable[str]) -> list[str]:
        """Devices by name, once each, of which it is known where they listen.

        Raises `UnreachableDeviceError`.
        """
        named, routes = sorted({check_id("device", one) for one in devices}), self.routes()
        for device in named:
            if device not in routes:
                raise UnreachableDeviceError(
                    f"nobody knows where {device} listens: bind it to a bin, or wait until it spoke"
                )
        return named


def put(connection: Connection, group: str, word: Word) -> None:
    """Write a word; the caller's transaction decides whether it is said."""
    connection.execute(
        insert(device_word).values(
            group_id=group,
            device=word.device,
            kind=word.kind,
            number=word.number,
            payload=word.payload,
            made_ms=word.now_ms,
            made_by=word.by,
            until_ms=word.until_ms,
            stage=word.stage,
            said_ms=None,
        )
    )


def last(connection: Connection, group: str, device: str, kind: DownKind) -> int:
    """The number of the last word of a kind; 0 where there was none."""
    query = select(func.max(device_word.c.number)).where(
        device_word.c.group_id == group,
        device_word.c.device == device,
        device_word.c.kind == kind,
    )
    found: int | None = connection.execute(query).scalar()
    return found or 0


def _configured(connection: Connection, group: str, device: str) -> Configured:
    query = select(device_word).where(
        device_word.c.group_id == group,
        device_word.c.device == device,
        device_word.c.kind == "config",
    )
    row = connection.execute(query.order_by(device_word.c.number.desc()).limit(1)).first()
    if row is None:
        return Configured(0, {}, said=True)
    fields = configuration.decode(row.payload)
    return Configured(row.number, fields, said=row.said_ms is not None)


def _versions(said: Status) -> list[int]:
    return [said.config, said.refused[0] if said.refused else 0]
