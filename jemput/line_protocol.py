"""Line protocol of what is not a reading: tags and fields of any measurement."""

from typing import Final

Field = int | float | str | None
NONE: Final = "-"
"""Stands for a tag that has no value: InfluxDB has no empty ones."""


def written(measurement: str, tags: dict[str, str], fields: dict[str, Field], time_ns: int) -> str:
    """One line; tags in the order of their names, fields only where they are known."""
    named = ",".join(f"{name}={value or NONE}" for name, value in sorted(tags.items()))
    known = ",".join(
        f"{name}={_value(value)}" for name, value in fields.items() if value is not None
    )
    return f"{measurement},{named} {known} {time_ns}"


def _value(value: float | str) -> str:
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    plain = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"{}"'.format(" ".join(plain.splitlines()))
