"""A device's configuration, with the fields and bounds of firmware/config.py."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec


class Field(NamedTuple):
    """What holds unless told, and the least and the most that a device takes."""

    usual: int
    least: int
    most: int


FIELDS: Final[dict[str, Field]] = {
    "measure_every_s": Field(900, 10, 86_400),
    "report_every_s": Field(3_600, 10, 604_800),
    "change_mm": Field(100, 5, 20_000),
    "full_mm": Field(0, 0, 20_000),
    "pings": Field(9, 1, 25),
    "blind_mm": Field(250, 0, 2_000),
    "budget_ms": Field(20_000, 2_000, 60_000),
    "answer_ms": Field(4_000, 100, 20_000),
    "batch": Field(16, 1, 64),
    "resend_after": Field(8, 1, 1_000),
    "low_mv": Field(3_500, 0, 20_000),
    "critical_mv": Field(3_300, 0, 20_000),
}


class ConfigurationError(ValueError):
    """No device would take it; the message says why."""


def encode(version: int, fields: Mapping[str, int]) -> bytes:
    """A whole configuration; what it does not name is as usual. Raises `ConfigurationError`."""
    check(fields)
    named = {name: fields[name] for name in FIELDS if name in fields}
    return msgspec.json.encode({"v": 1, "version": version, **named})


def decode(payload: bytes) -> dict[str, int]:
    """The fields that a configuration names."""
    told: dict[str, int] = msgspec.json.decode(payload, type=dict[str, int])
    return {name: value for name, value in told.items() if name in FIELDS}


def check(fields: Mapping[str, int]) -> None:
    """Raise `ConfigurationError` for what a device would refuse."""
    for name, value in fields.items():
        field = FIELDS.get(name)
        if field is None:
            raise ConfigurationError(f"no field is called {name}: there are {', '.join(FIELDS)}")
        if not field.least <= value <= field.most:
            message = f"{name} is between {field.least} and {field.most}, not {value}"
            raise ConfigurationError(message)
    whole = {name: fields.get(name, field.usual) for name, field in FIELDS.items()}
    for larger, smaller in (("report_every_s", "measure_every_s"), ("low_mv", "critical_mv")):
        if whole[larger] < whole[smaller]:
            message = f"{larger} ({whole[larger]}) is below {smaller} ({whole[smaller]})"
            raise ConfigurationError(message)


def changed(fields: Mapping[str, int], settings: Sequence[str]) -> dict[str, int]:
    """`fields` with each `NAME=VALUE` applied; `NAME=` makes it as usual again."""
    after = dict(fields)
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign or (value and not value.removeprefix("-").isdecimal()):
            message = f"{setting!r} sets nothing: write NAME=NUMBER, such as pings=9"
            raise ConfigurationError(message)
        if name not in FIELDS:
            check({name: 0})
        if value:
            after[name] = int(value)
        else:
            after.pop(name, None)
    check(after)
    return after
