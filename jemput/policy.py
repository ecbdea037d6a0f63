"""When a bin is called, when it is silent, how long people have: one frozen object.

Thresholds can be overridden for a site, a waste type and a bin, the nearest winning.
Dashboards read the same object, so the red band on a panel is the rule that calls the truck.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

Scope = Literal["site", "waste", "bin"]
SCOPES: Final[tuple[Scope, ...]] = ("site", "waste", "bin")
DEFAULT_FILL_PERMILLE_PER_DAY: Final = 250


LEAST: Final = {
    "fill_permille_per_day": 1,
    "filter_lag_percent": 0,
    "fresh_cadences": 1,
    "silence_cadences": 1,
    "silence_grace_cadences": 0,
    "site_silence_percent": 1,
    "verify_within_h": 0,
    "claim_within_h": 0,
    "collect_within_h": 1,
    "expire_after_h": 1,
    "reopen_failed_after_h": 0,
    "reopen_after_h": 0,
}
"""Below these a rule would divide by nothing or call for ever."""


class BadPolicyError(ValueError):
    """A policy that contradicts itself; the message says which numbers."""


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """The numbers the rules decide by."""

    call_percent: int = 75
    rearm_percent: int = 55
    fill_permille_per_day: int = DEFAULT_FILL_PERMILLE_PER_DAY
    filter_lag_percent: int = 6
    fresh_cadences: int = 2
    max_age_h: int | None = None
    silence_cadences: int = 4
    silence_grace_cadences: int = 1
    site_silence_percent: int = 50
    battery_low_mv: int = 3300
    tilt_deg: int = 45
    heat_c: int = 70
    verify_within_h: int = 12
    claim_within_h: int = 2
    collect_within_h: int = 12
    expire_after_h: int = 24
    reopen_failed_after_h: int = 4
    reopen_after_h: int = 24

    def __post_init__(self) -> None:
        """Refuse a re-arm level that is not below the calling one."""
        if not 0 < self.rearm_percent < self.call_percent <= 100:  # noqa: PLR2004 - per cent
            message = (
                f"rearm_percent ({self.rearm_percent}) must be above 0 and below "
                f"call_percent ({self.call_percent}), which is at most 100"
            )
            raise BadPolicyError(message)
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise BadPolicyError(f"{name} is {getattr(self, name)}; it must be {least} or more")
        if self.max_age_h is not None and self.max_age_h < 1:
            raise BadPolicyError(f"max_age_h is {self.max_age_h}; it must be 1 or more")


WASTE_FILL_PERMILLE_PER_DAY: Final = {
    "paper": 470,
    "plastic": 28,
    "glass": 39,
    "residual": 300,
    "organic": 250,
}
"""Fill speeds to start from: paper, plastic and glass as measured on public containers
(Prague 2023-2025, medians); residual and organic are assumed."""

Override = dict[str, int]


class PolicyBook(Struct):
    """A base policy and what sites, waste types and bins change of it."""

    base: Policy = msgspec.field(default_factory=Policy)
    overrides: dict[str, Override] = msgspec.field(default_factory=dict)

    def put(self, scope: Scope, key: str, override: Override) -> None:
        """Replace what `key` of `scope` overrides; an empty override removes it.

        Raises `BadPolicyError` for a name that no policy has.
        """
        unknown = sorted(set(override) - set(Policy.__struct_fields__))
        if unknown:
            names = ", ".join(Policy.__struct_fields__)
            message = f"no threshold is called {unknown[0]!r}; there are: {names}"
            raise BadPolicyError(message)
        msgspec.structs.replace(self.base, **override)
        self.overrides[f"{scope}/{key}"] = override

    def resolve(self, *, site: str, waste: str, bin_id: str) -> Policy:
        """One bin's policy: the base, the waste's usual fill speed, then site, waste and bin.

        Total: an override that contradicts the wider ones is left out whole.
        """
        policy = self.base
        speed = WASTE_FILL_PERMILLE_PER_DAY.get(waste)
        if speed is not None:
            policy = msgspec.structs.replace(policy, fill_permille_per_day=speed)
        for scope, key in zip(SCOPES, (site, waste, bin_id), strict=True):
            override = self.overrides.get(f"{scope}/{key}")
            if override:
                policy = _overridden(policy, override)
        return policy


def _overridden(policy: Policy, override: Override) -> Policy:
    try:
        return msgspec.structs.replace(policy, **override)
    except BadPolicyError:
        return policy
