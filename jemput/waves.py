"""Waves: fixed local times at which a site's alerts leave together, one message per collector."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

WIB: Final = timezone(timedelta(hours=7), "WIB")
"""Western Indonesian Time, without summer time."""


def leaves_ms(now_ms: int, waves: tuple[str, ...]) -> int:
    """When an alert decided at `now_ms` leaves: at the next of `waves` (`HH:MM`, WIB), or now."""
    if not waves:
        return now_ms
    now = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(WIB)
    times = [_next(now, wave) for wave in waves]
    return int(min(times).timestamp() * 1000)


def _next(now: datetime, wave: str) -> datetime:
    hour, minute = wave.split(":")
    today = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return today if today >= now else today + timedelta(days=1)
