"""Who may do what: roles, and the rights each has."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from jemput.ids import check_id


class Role(StrEnum):
    """What somebody is."""

    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    COLLECTOR = "collector"
    DEVICE_ADMIN = "device-admin"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What somebody may do. `READ_OWN` and `MOVE_OWN` are of a collector's own pickups."""

    READ = "read"
    READ_OWN = "read own"
    MOVE = "move pickups"
    MOVE_OWN = "move own pickups"
    CHANGE_TOWN = "change sites, haltes, bins, zones and collectors"
    CHANGE_DEVICES = "provision, bind and revoke devices"
    CHANGE_ACCOUNTS = "change accounts and keys"
    CHANGE_SUBSCRIPTIONS = "subscribe other systems to events"
    READ_AUDIT = "read the audit log"


RIGHTS: Final = MappingProxyType(
    {
        Role.OPERATOR: frozenset(Right),
        Role.DISPATCHER: frozenset({Right.READ, Right.READ_OWN, Right.MOVE, Right.MOVE_OWN}),
        Role.COLLECTOR: frozenset({Right.READ_OWN, Right.MOVE_OWN}),
        Role.DEVICE_ADMIN: frozenset({Right.READ, Right.READ_OWN, Right.CHANGE_DEVICES}),
        Role.AUDITOR: frozenset({Right.READ, Right.READ_OWN, Right.READ_AUDIT}),
    }
)


class User(Struct, frozen=True):
    """Somebody who is known. A collector's name is the collector's id; no sites means all."""

    name: str
    role: Role
    sites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the ids."""
        check_id("user", self.name)
        for site in self.sites:
            check_id("site", site)

    def may(self, right: Right) -> bool:
        """Whether the role has the right."""
        return right in RIGHTS[self.role]

    def sees(self, site: str) -> bool:
        """Whether the site is theirs."""
        return not self.sites or site in self.sites
