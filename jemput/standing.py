"""What holds of a bin until the registry changes: put together once, asked for every reading."""

from typing import Self

from msgspec import Struct

from jemput.emptying import Step, step_of
from jemput.filtering import window
from jemput.policy import Policy
from jemput.things import Bin


class Standing(Struct, frozen=True):
    """A bin and its policy, and what follows from them.

    `span` is how many readings the median spans. From `silence_limit_ms` without being heard
    on, its level is unknown.
    """

    bin: Bin
    policy: Policy
    site: str
    is_retired: bool
    span: int
    silence_limit_ms: int
    emptied: Step

    @classmethod
    def of(cls, a_bin: Bin, policy: Policy, site: str, *, is_retired: bool) -> Self:
        """Put it together."""
        return cls(
            bin=a_bin,
            policy=policy,
            site=site,
            is_retired=is_retired,
            span=window(policy, a_bin.cadence_s),
            silence_limit_ms=policy.silence_cadences * a_bin.cadence_s * 1000,
            emptied=step_of(policy, a_bin.cadence_s),
        )
