"""What whoever is speaking may see and move."""

from dataclasses import dataclass
from typing import Final

from api import shapes
from jemput.roles import RIGHTS, Right, User

READING: Final = frozenset({Right.READ, Right.READ_OWN})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody, or nobody; where reading `is_open`, anybody reads everything."""

    user: User | None = None
    is_open: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do at all."""
        theirs = RIGHTS[self.user.role] if self.user else frozenset[Right]()
        return theirs | READING if self.is_open else theirs

    @property
    def only_collector(self) -> str | None:
        """Whose pickups alone they see; None where it is not only their own."""
        return self.user.name if self.user and Right.READ not in self.rights else None

    @property
    def only_sites(self) -> tuple[str, ...] | None:
        """Which sites alone they see; None where they see all."""
        return self.user.sites or None if self.user and not self.is_open else None

    @property
    def sees_all(self) -> bool:
        """Whether nothing of the town is hidden from them."""
        return Right.READ in self.rights and self.only_sites is None

    def sees_site(self, site: str) -> bool:
        """Whether they see what is there."""
        return self.only_sites is None or site in self.only_sites

    def sees_pickup(self, collector: str | None, site: str) -> bool:
        """Whether they see a pickup of that collector at that site."""
        is_theirs = self.only_collector is None or self.only_collector == collector
        return is_theirs and self.sees_site(site)

    def moves(self, pickup: shapes.Pickup) -> bool:
        """Whether they may move it."""
        if self.user is None or not self.user.sees(pickup.halte.site):
            return False
        if Right.MOVE in self.rights:
            return True
        return Right.MOVE_OWN in self.rights and pickup.collector == self.user.name


EVERYTHING: Final = Viewer(is_open=True)
