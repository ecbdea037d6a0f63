"""What a rule sees: one bin, its policy, and now."""

from msgspec import Struct

from jemput.decisions import (
    OPERATOR,
    AlertKind,
    IncidentKind,
    OpenIncident,
    Say,
    Subject,
)
from jemput.fold.state import BinState, GroupState
from jemput.incident_texts import RECORDED_IN, incident_text
from jemput.pickup import Pickup
from jemput.policy import Policy
from jemput.registry import Registry
from jemput.standing import Standing
from jemput.things import Bin, Channel, Collector, Halte

HOUR_MS = 3_600_000
FALLBACK_OPERATOR = Collector(OPERATOR, "Operator", zones=(), channels=("log", "mqtt"))


def operator_of(registry: Registry) -> Collector:
    """Who is told what no collector can mend."""
    if not registry.is_live("collector", OPERATOR):
        return FALLBACK_OPERATOR
    return registry.collectors[OPERATOR]


class View(Struct, frozen=True):
    """One bin as the rules see it. `position` is that of the entry being decided.

    `silent_ms` is the time spent listening to this bin without hearing it.
    """

    state: GroupState
    bin_state: BinState
    standing: Standing
    now_ms: int
    position: int
    silent_ms: int

    @property
    def halte(self) -> Halte:
        """Where the bin stands."""
        return self.state.registry.haltes[self.bin.halte]

    @property
    def bin(self) -> Bin:
        """The bin itself."""
        return self.standing.bin

    @property
    def policy(self) -> Policy:
        """The numbers it is judged by."""
        return self.standing.policy

    @property
    def site(self) -> str:
        """The bin's site."""
        return self.standing.site

    @property
    def is_retired(self) -> bool:
        """Whether the bin is out of use."""
        return self.standing.is_retired

    @property
    def time_rules(self) -> bool:
        """Whether silence, age and expiry may be judged."""
        return self.state.rules_of_time_hold()

    @property
    def has_fresh_level(self) -> bool:
        """A level of within two cadences, not judged before."""
        newest = self.bin_state.newest
        if newest is None or newest.at_s <= self.bin_state.judged_at_s:
            return False
        oldest_s = self.now_ms // 1000 - self.policy.fresh_cadences * self.bin.cadence_s
        return newest.at_s >= oldest_s

    def collector(self) -> Collector | None:
        """Who fetches this bin."""
        return self.state.registry.collector_of(self.bin.id)

    def subject(self, pickup: Pickup | None) -> Subject:
        """The bin as an alert shows it."""
        return Subject(
            bin=self.bin.id,
            halte=self.halte.id,
            halte_name=self.halte.name,
            lat=self.halte.lat,
            lon=self.halte.lon,
            waste=self.bin.waste,
            pickup=pickup.id if pickup else None,
            reason=pickup.reason if pickup else None,
            fill_percent=self.bin_state.level_percent,
            since_s=self.bin_state.high_since_s,
        )

    def tell_collector(self, pickup: Pickup, kind: AlertKind) -> Say:
        """Tell the pickup's collector, or the operator where there is none in use."""
        registry, named = self.state.registry, pickup.collector
        is_live = named is not None and registry.is_live("collector", named)
        collector = registry.collectors[named] if named is not None and is_live else None
        return self._tell(collector, pickup, kind, f"{pickup.id}/{{kind}}")

    def tell_anew(self, pickup: Pickup, collector: Collector | None) -> Say:
        """Call somebody else to a pickup that others were called to before."""
        return self._tell(
            collector, pickup, AlertKind.PICKUP, f"{pickup.id}/{{kind}}/{self.position}"
        )

    def _tell(self, collector: Collector | None, pickup: Pickup, kind: AlertKind, key: str) -> Say:
        if collector is None:
            kind = AlertKind.UNSERVED if kind is AlertKind.PICKUP else kind
            return self._say(self._operator, key.format(kind=kind), kind, pickup)
        grouping = self.state.registry.sites[self.site].grouping
        waits = kind is AlertKind.PICKUP and grouping == "waves"
        return self._say(collector, key.format(kind=kind), kind, pickup, waits=waits)

    def tell_operator(self, pickup: Pickup, kind: AlertKind) -> Say:
        """Tell the operator about a pickup."""
        return self._say(self._operator, f"{pickup.id}/{kind}", kind, pickup)

    def incident(self, kind: IncidentKind, **numbers: int | None) -> tuple[OpenIncident, Say]:
        """Something is wrong with this bin: note it, and tell the operator in their language."""
        noted = incident_text(kind, RECORDED_IN, **numbers)
        told = incident_text(kind, self._operator.language, **numbers)
        key = f"{kind}/{self.bin.id}/{self.position}"
        say = self._say(self._operator, key, AlertKind.INCIDENT, None, detail=told)
        return OpenIncident(kind, self.bin.id, self.site, noted), say

    @property
    def _operator(self) -> Collector:
        return operator_of(self.state.registry)

    def _say(  # noqa: PLR0913 - the fields of one alert
        self,
        to: Collector,
        key: str,
        kind: AlertKind,
        pickup: Pickup | None,
        *,
        waits: bool = False,
        detail: str = "",
    ) -> Say:
        channels: tuple[Channel, ...] = to.channels
        return Say(
            key=key,
            kind=kind,
            recipient=to.id,
            language=to.language,
            channels=channels,
            subject=self.subject(pickup),
            site=self.site,
            decided_ms=self.now_ms,
            wait_for_wave=waits,
            detail=detail,
        )
