"""Thresholds of a site's or a bin's own, as somebody gives them or takes them back."""

from collections.abc import Iterator, Mapping
from typing import Literal

from jemput.changes import Change, PutPolicy
from jemput.registry import Registry


def override(
    registry: Registry, scope: Literal["site", "bin"], key: str, given: Mapping[str, int | None]
) -> Iterator[Change]:
    """The change of what is overridden there, where it is one. None takes a threshold back."""
    known = registry.policies.overrides.get(f"{scope}/{key}", {})
    wanted = {name: value for name, value in (known | dict(given)).items() if value is not None}
    if wanted != known:
        yield PutPolicy(scope, key, wanted)
