"""Many silent bins under one site are one incident: a broker, a gateway, a blackout."""

from collections.abc import Iterable, Iterator
from typing import Final

from jemput.decisions import (
    OPERATOR,
    AlertKind,
    CloseIncident,
    Decision,
    IncidentKind,
    OpenIncident,
    Say,
)
from jemput.fold.state import GroupState
from jemput.rules.view import FALLBACK_OPERATOR

MANY_BINS: Final = 3


def site_silence(state: GroupState, sites: Iterable[str], position: int) -> Iterator[Decision]:
    """Open an incident of a site where most bins are silent; close it when half of that is back."""
    for site in sorted(sites):
        bins = [one for one in state.bins.values() if state.registry.site_of(one.bin) == site]
        silent = sum(one.silent for one in bins)
        limit = state.registry.policies.base.site_silence_percent
        is_many = silent >= MANY_BINS and silent * 100 >= limit * len(bins)
        reported = site in state.site_incidents
        if is_many and not reported and state.rules_of_time_hold():
            detail = f"{silent} of {len(bins)} bins are silent"
            yield OpenIncident(IncidentKind.SITE_SILENCE, site, site, detail)
            yield _tell(state, site, position, detail)
        elif reported and silent * 200 < limit * len(bins):
            yield CloseIncident(IncidentKind.SITE_SILENCE, site, site)


def _tell(state: GroupState, site: str, position: int, detail: str) -> Say:
    operator = state.registry.collectors.get(OPERATOR, FALLBACK_OPERATOR)
    return Say(
        key=f"{IncidentKind.SITE_SILENCE}/{site}/{position}",
        kind=AlertKind.INCIDENT,
        recipient=operator.id,
        language=operator.language,
        channels=operator.channels,
        subject=None,
        site=site,
        decided_ms=state.now_ms,
        detail=detail,
    )
