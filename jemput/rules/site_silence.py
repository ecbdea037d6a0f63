"""Many silent bins under one site are one incident: a broker, a gateway, a blackout."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from jemput.decisions import (
    AlertKind,
    CloseIncident,
    Decision,
    IncidentKind,
    OpenIncident,
    Say,
)
from jemput.fold.state import GroupState
from jemput.incident_texts import RECORDED_IN, incident_text
from jemput.rules.view import operator_of

MANY_BINS: Final = 3


class Count(NamedTuple):
    """How many bins a site has, and how many of them are silent."""

    bins: int
    silent: int


def site_silence(
    state: GroupState, counts: Mapping[str, Count], position: int
) -> Iterator[Decision]:
    """Open an incident of a site where most bins are silent; close it when half of that is back."""
    limit = state.registry.policies.base.site_silence_percent
    for site, (bins, silent) in sorted(counts.items()):
        is_many = silent >= MANY_BINS and silent * 100 >= limit * bins
        reported = site in state.site_incidents
        if is_many and not reported and state.rules_of_time_hold():
            numbers = {"silent": silent, "bins": bins}
            noted = incident_text(IncidentKind.SITE_SILENCE, RECORDED_IN, **numbers)
            yield OpenIncident(IncidentKind.SITE_SILENCE, site, site, noted)
            yield _tell(state, site, position, numbers)
        elif reported and (not silent or silent * 200 < limit * bins):
            yield CloseIncident(IncidentKind.SITE_SILENCE, site, site)


def _tell(state: GroupState, site: str, position: int, numbers: dict[str, int]) -> Say:
    operator = operator_of(state.registry)
    return Say(
        key=f"{IncidentKind.SITE_SILENCE}/{site}/{position}",
        kind=AlertKind.INCIDENT,
        recipient=operator.id,
        language=operator.language,
        channels=operator.channels,
        subject=None,
        site=site,
        decided_ms=state.now_ms,
        detail=incident_text(IncidentKind.SITE_SILENCE, operator.language, **numbers),
    )
