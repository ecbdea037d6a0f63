"""Read TOML into frozen dataclasses; whatever is unknown, missing or of another type says so."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import TypeVar, get_args, get_origin, get_type_hints

Record = TypeVar("Record")


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names the key and what to do."""


def read(kind: type[Record], where: str, value: object) -> Record:
    """A table as one record of `kind`: a dataclass of numbers, words, lists and further records."""
    entries = _table(where, value)
    hints = get_type_hints(kind)
    for key in entries:
        if key not in hints:
            raise _unknown_key(where, key, list(hints))
    missing = [name for name in _needed(kind) if name not in entries]
    if missing:
        raise ScenarioError(f"{where}: add {', '.join(missing)}")
    return kind(**{key: _typed(_below(where, key), hints[key], v) for key, v in entries.items()})


def _unknown_key(where: str, key: str, known: list[str]) -> ScenarioError:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(known))}"
    return ScenarioError(f"{where or 'top level'}: unknown key {key!r}; {hint}")


def _needed(kind: type) -> list[str]:
    fields = dataclasses.fields(kind)
    return [field.name for field in fields if field.default is dataclasses.MISSING]


def _table(where: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: expected a table, got {value!r}")
    return value


def _below(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _typed(where: str, hint: object, value: object) -> object:
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return read(hint, where, value)
    if get_origin(hint) is tuple:
        return _listed(where, get_args(hint)[0], value)
    if get_origin(hint) is dict:
        items = _table(where, value).items()
        return {key: _typed(_below(where, key), get_args(hint)[1], item) for key, item in items}
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        name = getattr(hint, "__name__", str(hint))
        raise ScenarioError(f"{where}: expected {name}, got {value!r}")
    return value


def _listed(where: str, hint: object, value: object) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ScenarioError(f"{where}: expected a list, got {value!r}")
    return tuple(_typed(f"{where}[{number}]", hint, item) for number, item in enumerate(value))
