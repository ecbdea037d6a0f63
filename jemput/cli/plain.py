"""Entries as plain objects with names, for machines: what `show --json` and `export` write."""

from enum import Enum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import fields

from jemput.entry import Entry

HIDDEN: Final = "(hidden)"


def plain_entry(entry: Entry) -> dict[str, Any]:
    """One entry (docs/journal.md). `readings` stand once, with what was derived of them."""
    intake = entry.intake
    return {
        "position": entry.position,
        "epoch": entry.epoch,
        "fold_version": entry.fold_version,
        "now_ms": intake.now_ms,
        "events": plain(intake.events),
        "readings": plain(entry.readings),
        "kept": plain(intake.kept),
        "settled": plain(intake.settled),
        "duplicates": intake.duplicates,
        "quarantined": intake.quarantined,
        "backlog": intake.backlog,
        "losses": plain(entry.losses),
        "emptyings": plain(entry.emptyings),
        "decisions": plain(entry.decisions),
    }


def plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can say
    """A value with the names of its fields; its kind as `type`, where it has one; no secrets."""
    if isinstance(value, Struct):
        tag = value.__struct_config__.tag
        named = {} if tag is None else {"type": tag}
        return named | {one.name: _field(value, one.name) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def _field(value: Struct, name: str) -> object:
    held = getattr(value, name)
    return HIDDEN if name.endswith("secret") and held else plain(held)
