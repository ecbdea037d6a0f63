"""What would change in Grafana: what we say, beside what is there. Pure."""

from collections.abc import Iterator
from typing import Any, Final

OWN: Final = frozenset({"id", "version"})
"""What Grafana counts for itself."""
LONGEST: Final = 60


def differences(ours: Any, theirs: Any, where: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """A line for each value that is not there as we say it.

    What is there and we say nothing of is Grafana's own to add, except in lists.
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if not where and key in OWN:
                continue
            yield from differences(value, theirs.get(key), _below(where, key))
    elif isinstance(ours, list) and isinstance(theirs, list):
        yield from _lists(ours, theirs, where)
    elif ours != theirs:
        yield f"{where}: {_short(theirs)} → {_short(ours)}"


def _lists(ours: list[Any], theirs: list[Any], where: str) -> Iterator[str]:
    for index, value in enumerate(ours):
        name = _below(where, _named(value, index))
        if index < len(theirs):
            yield from differences(value, theirs[index], name)
        else:
            yield f"{name}: is new"
    for index in range(len(ours), len(theirs)):
        yield f"{_below(where, _named(theirs[index], index))}: goes away"


def _named(value: object, index: int) -> str:
    """By title, name or refId where it has one: people know panels by these."""
    if isinstance(value, dict):
        for key in ("title", "name", "refId"):
            if value.get(key):
                return str(value[key])
    return str(index)


def _below(where: str, key: str) -> str:
    return f"{where} / {key}" if where else key


def _short(value: object) -> str:
    if value is None:
        return "nothing"
    text = str(value).replace("\n", " ")
    return repr(text if len(text) <= LONGEST else text[:LONGEST] + "…")
