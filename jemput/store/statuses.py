"""What devices say of themselves: the last of each."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Engine, insert, select, update

from jemput.remote import status
from jemput.remote.status import Status
from jemput.store.database import writing
from jemput.store.schema import broker_account, device_status

_NOTHING = msgspec.json.encode(Status(1, "online"))


class Heard(Struct, frozen=True):
    """What a device said last, when, and where; `lost_at_s` is since when its will says so."""

    site: str
    heard_at_s: int
    lost_at_s: int | None
    said: Status


class Saying(Struct, frozen=True):
    """A status as it came. Who `remembers` it is the broker: it may be of any time before."""

    site: str
    device: str
    at_ms: int
    said: Status
    remembers: bool = False


class Statuses:
    """The statuses of one group."""

    def __init__(self, engine: Engine, group: str) -> None:
        """Take the database and the group's name; touch nothing."""
        self.engine = engine
        self.group = group

    def note(self, sayings: list[Saying]) -> None:
        """Keep the newest of each. Devices with an account of another group are theirs."""
        with writing(self.engine) as connection:
            others = self._of_others(connection)
            for one in sayings:
                if one.device not in others:
                    self._put(connection, one)

    def all(self) -> Mapping[str, Heard]:
        """By device."""
        query = select(device_status).where(device_status.c.group_id == self.group)
        with self.engine.connect() as connection:
            return {
                row.device: Heard(
                    row.site,
                    row.heard_ms // 1000,
                    None if row.lost_ms is None else row.lost_ms // 1000,
                    status.decode(row.said) or Status(1, "online"),
                )
                for row in connection.execute(query)
            }

    def _of_others(self, connection: Connection) -> set[str]:
        query = select(broker_account.c.name).where(
            broker_account.c.kind == "device", broker_account.c.group_id != self.group
        )
        return set(connection.execute(query).scalars())

    def _put(self, connection: Connection, one: Saying) -> None:
        mine = (device_status.c.group_id == self.group) & (device_status.c.device == one.device)
        known = connection.execute(select(device_status).where(mine)).first()
        said = msgspec.json.encode(one.said)
        values: dict[str, object] = {"site": one.site}
        if one.said.state == "lost":
            if known is not None and known.lost_ms is not None:
                return
            values["lost_ms"] = one.at_ms
        elif one.remembers and known is not None and known.said == said:
            return
        else:
            values |= {"heard_ms": one.at_ms, "said": said, "lost_ms": None}
        if known is not None:
            connection.execute(update(device_status).where(mine).values(**values))
        else:
            row = {"heard_ms": one.at_ms, "said": _NOTHING, "lost_ms": None, **values}
            row |= {"group_id": self.group, "device": one.device}
            connection.execute(insert(device_status).values(**row))
