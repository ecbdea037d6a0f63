"""Which bins a site has, and which of them are silent: kept as it changes.

Nothing here is stored: it follows from the state, and a start counts it anew.
"""

from collections import defaultdict

from jemput.fold.state import GroupState


class Sites:
    """The bins of each site. Its cost follows changes, not bins."""

    def __init__(self) -> None:
        """Start empty."""
        self._bins: dict[str, set[str]] = defaultdict(set)
        self._silent: dict[str, set[str]] = defaultdict(set)

    def bins(self, site: str) -> set[str]:
        """The bins of a site."""
        return self._bins[site]

    def silent(self, site: str) -> set[str]:
        """Those of them that are silent."""
        return self._silent[site]

    def note(self, site: str, bin_id: str, *, silent: bool) -> None:
        """A bin fell silent, or is heard again."""
        if silent:
            self._silent[site].add(bin_id)
        else:
            self._silent[site].discard(bin_id)

    def recount(self, state: GroupState) -> None:
        """Count anew: at a start, and where the registry changed."""
        self._bins.clear()
        self._silent.clear()
        for one in state.bins.values():
            if state.registry.retired_s("bin", one.bin) is not None:
                continue
            site = state.registry.site_of(one.bin)
            self._bins[site].add(one.bin)
            if one.silent:
                self._silent[site].add(one.bin)
