"""From rows to changes: what a file would change of a registry, and which rows it cannot."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from jemput.changes import Bind, Change, PutBin, PutHalte, PutPolicy, PutSite, Retirable
from jemput.csv_rows import BadCellError, RowError
from jemput.imports.bin_row import OFTEN_S, BinRow, read_bin_row
from jemput.imports.files import Cells
from jemput.registry import Registry
from jemput.things import Bin, Halte, Site


@dataclass(slots=True)
class Plan:
    """What follows from a file. `unchanged` rows say what the registry says already."""

    changes: list[Change] = field(default_factory=list)
    changed: int = 0
    unchanged: int = 0
    refused: list[RowError] = field(default_factory=list)


def plan(
    rows: Iterable[tuple[int, Cells]],
    registry: Registry,
    now_s: int,
    only_sites: Collection[str] | None = None,
) -> Plan:
    """Plan every row against a registry, which is used up by it.

    A row is taken whole or not at all. Geometries and bindings that replace others hold from
    `now_s` on. Where it is to be `only_sites`, a row that touches another is refused.
    """
    planned, planner = Plan(), _Planner(registry, now_s, only_sites)
    for number, cells in rows:
        try:
            changes = planner.take(read_bin_row(cells))
        except BadCellError as error:
            planned.refused.append(RowError(number, error.wrong, error.remedy))
            continue
        planned.changes += changes
        planned.changed += bool(changes)
        planned.unchanged += not changes
    return planned


class _Planner:
    """The registry as it will be, and what the file said before."""

    def __init__(self, registry: Registry, now_s: int, only_sites: Collection[str] | None) -> None:
        self.registry = registry
        self.only_sites = only_sites
        self.now_s = now_s
        self.sites: dict[str, Site] = {}
        self.haltes: dict[str, Halte] = {}
        self.bins: set[str] = set()
        self.devices: set[str] = set()

    def take(self, row: BinRow) -> list[Change]:
        """The changes of a row, applied. Raises `BadCellError`, and then nothing is."""
        self._check_once(row)
        self._check_theirs(row)
        site, halte = self._site(row), self._halte(row)
        changes = [*self._of_policy(row), *self._of_places(site, halte), *self._of_bin(row)]
        for change in changes:
            refused = self.registry.apply(change)
            if refused is not None:
                # The policy stands first and is the only one that can be refused here.
                raise BadCellError(refused, "change the numbers")
        self.sites[site.id], self.haltes[halte.id] = site, halte
        self.bins.add(row.bin)
        if row.device:
            self.devices.add(row.device)
        return changes

    def _check_once(self, row: BinRow) -> None:
        if row.bin in self.bins:
            raise BadCellError(f"bin {row.bin} stands in the file before", "keep one of the rows")
        if row.device in self.devices:
            wrong = f"device {row.device} hangs on another bin of the file"
            raise BadCellError(wrong, "a device hangs on one bin")

    def _check_theirs(self, row: BinRow) -> None:
        """What it is now, and what it becomes, has to be at their sites."""
        if self.only_sites is None:
            return
        touched = {row.site}
        if row.halte in self.registry.haltes:
            touched.add(self.registry.haltes[row.halte].site)
        bins = [row.bin]
        if row.device and (hung_on := self.registry.bin_of(row.device, self.now_s)):
            bins.append(hung_on)
        touched |= {self.registry.site_of(one) for one in bins if one in self.registry.bins}
        others = sorted(touched - set(self.only_sites))
        if others:
            wrong = f"bin {row.bin} is or would be at site {others[0]}, which is not yours"
            raise BadCellError(wrong, "leave the row to somebody of that site")

    def _halte(self, row: BinRow) -> Halte:
        known = self.registry.haltes.get(row.halte)
        position = row.position or ((known.lat, known.lon) if known else None)
        if position is None:
            raise BadCellError(f"halte {row.halte} is new and has no position", "give lat and lon")
        name = row.halte_name or (known.name if known else row.halte)
        halte = Halte(row.halte, row.site, name, position[0], position[1])
        if self.haltes.get(row.halte, halte) != halte:
            wrong = f"halte {row.halte} has another site, name or position in a row before"
            raise BadCellError(wrong, "write the same in every row of a halte")
        return halte

    def _site(self, row: BinRow) -> Site:
        known = self.registry.sites.get(row.site)
        site = known or Site(row.site, row.site)
        if row.site_name:
            site = msgspec.structs.replace(site, name=row.site_name)
        if self.sites.get(row.site, site) != site:
            wrong = f"site {row.site} has another name in a row before"
            raise BadCellError(wrong, "write the same in every row of a site")
        return site

    def _of_places(self, site: Site, halte: Halte) -> Iterator[Change]:
        if self._differs("site", site):
            yield PutSite(site)
        if self._differs("halte", halte):
            yield PutHalte(halte)

    def _differs(self, kind: Retirable, thing: Site | Halte | Bin) -> bool:
        """Whether it is another, or was retired: being in a file brings it back."""
        known = self.registry.things(kind).get(thing.id)
        return known != thing or not self.registry.is_live(kind, thing.id)

    def _of_bin(self, row: BinRow) -> Iterator[Change]:
        known = self.registry.bins.get(row.bin)
        geometry = row.geometry or (known.geometry if known else None)
        if geometry is None:
            wrong = f"bin {row.bin} is new and has no geometry"
            raise BadCellError(wrong, "give a bin_type, or empty_mm and full_mm")
        cadence_s = row.cadence_s or (known.cadence_s if known else OFTEN_S)
        a_bin = Bin(row.bin, row.halte, row.waste, geometry, cadence_s)
        if self._differs("bin", a_bin):
            yield PutBin(a_bin, self.now_s if known else 0)
        if row.device and self.registry.bin_of(row.device, self.now_s) != row.bin:
            is_new = row.device not in self.registry.bindings
            yield Bind(row.device, row.bin, 0 if is_new and known is None else self.now_s)

    def _of_policy(self, row: BinRow) -> Iterator[Change]:
        asked = {"call_percent": row.call_percent, "rearm_percent": row.rearm_percent}
        given = {name: value for name, value in asked.items() if value is not None}
        known = self.registry.policies.overrides.get(f"bin/{row.bin}", {})
        if given and known | given != known:
            yield PutPolicy("bin", row.bin, known | given)
