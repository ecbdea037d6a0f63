"""A simulated town as registry changes, and the secrets of everybody in it."""

import secrets
from dataclasses import dataclass, field

from api.users import Users, hash_password
from jemput.broker.account import (
    BrokerUser,
    collector_user,
    device_user,
    ingest_user,
    new_password,
)
from jemput.geometry import Geometry
from jemput.registry import Bind, Change, PutBin, PutCollector, PutHalte, PutSite, PutZone
from jemput.roles import Role
from jemput.things import Bin, Collector, Halte, Site, Zone
from simulator.scenario import Scenario
from simulator.town_plan import SimCollector

OPERATOR = "operator"


@dataclass(frozen=True)
class Keys:
    """Passwords by name: devices, collectors and the operator; and what signs webhooks."""

    ingest: str = field(repr=False)
    operator: str = field(repr=False)
    people: dict[str, str] = field(repr=False)
    devices: dict[str, str] = field(repr=False)
    webhooks: dict[str, str] = field(repr=False)


def cut_keys(scenario: Scenario) -> Keys:
    """New random keys for a town."""
    people = [one.id for one in scenario.collectors]
    return Keys(
        ingest=new_password(),
        operator=new_password(),
        people={name: new_password() for name in people},
        devices={one.device: new_password() for one in scenario.bins},
        webhooks={name: secrets.token_hex(16) for name in people},
    )


def broker_users(keys: Keys) -> list[BrokerUser]:
    """One account per device, per collector, and the ingester's."""
    return [
        ingest_user(keys.ingest),
        *(device_user(name, password) for name, password in keys.devices.items()),
        *(collector_user(name, password) for name, password in keys.people.items()),
    ]


def api_users(keys: Keys) -> Users:
    """The operator and the collectors."""
    return Users(user_rows(keys))


def user_rows(keys: Keys) -> dict[str, tuple[Role, str]]:
    """Role and hash of the password by name, of the operator and the collectors."""
    rows = {
        name: (Role.COLLECTOR, hash_password(password)) for name, password in keys.people.items()
    }
    return {OPERATOR: (Role.OPERATOR, hash_password(keys.operator)), **rows}


def changes(scenario: Scenario, keys: Keys, webhook_urls: dict[str, str]) -> list[Change]:
    """The registry of a scenario."""
    site = Site(scenario.site.id, scenario.site.name)
    zones = [
        Zone(one.id, one.name, tuple(h.id for h in scenario.haltes if h.zone == one.id))
        for one in scenario.zones
    ]
    bins = [
        Bin(
            one.id,
            one.halte,
            one.waste,
            Geometry(one.empty_mm, one.full_mm, one.blind_mm),
            one.cadence_s,
        )
        for one in scenario.bins
    ]
    return [
        PutSite(site),
        *(PutHalte(Halte(h.id, site.id, h.name, h.lat, h.lon)) for h in scenario.haltes),
        *(PutZone(zone) for zone in zones),
        *(PutCollector(_collector(one, keys, webhook_urls)) for one in scenario.collectors),
        *(PutBin(one) for one in bins),
        *(Bind(one.device, one.id, 0) for one in scenario.bins),
    ]


def _collector(one: SimCollector, keys: Keys, webhook_urls: dict[str, str]) -> Collector:
    url = webhook_urls.get(one.id)
    return Collector(
        id=one.id,
        name=one.name,
        zones=one.zones,
        wastes=one.wastes,
        language="en" if one.language == "en" else "id",
        channels=("webhook",) if url else ("mqtt",),
        webhook_url=url,
        webhook_secret=keys.webhooks[one.id] if url else None,
    )
