"""What of the quarantine goes: of one group, the oldest first, and announced before."""

from typing import Any, Final

import pytest
from sqlalchemy import Engine, insert, select

from jemput.store.database import writing
from jemput.store.quarantine_bound import DAY_MS, QuarantineBound
from jemput.store.schema import quarantine

GROUP: Final = "main"
NOW_MS: Final = 1_772_326_800_000
KEPT_DAYS, NOTICE_DAYS = 90, 7
"""As docs/journal.md and the alarms say."""


def put(engine: Engine, age_days: int, group: str = GROUP, size: int = 1, **more: Any) -> None:  # noqa: ANN401 - columns
    row = {
        "group_id": group,
        "position": 1,
        "at_ms": NOW_MS - age_days * DAY_MS,
        "topic": "t",
        "payload": b"x" * size,
        "reason": "not_json",
        "detail": "cut",
    }
    with writing(engine) as connection:
        connection.execute(insert(quarantine).values(**row | more))


def kept(engine: Engine) -> list[tuple[str, int]]:
    """Group and age in days of what is there, oldest row first."""
    query = select(quarantine.c.group_id, quarantine.c.at_ms).order_by(quarantine.c.id)
    with engine.connect() as connection:
        return [(row.group_id, (NOW_MS - row.at_ms) // DAY_MS) for row in connection.execute(query)]


def test_what_is_older_goes_and_another_groups_stays(engine: Engine) -> None:
    for age_days in (KEPT_DAYS + 1, KEPT_DAYS - 1, 10):
        put(engine, age_days)
    put(engine, KEPT_DAYS + 1, group="other")

    assert list(QuarantineBound(engine, GROUP).drop(NOW_MS)) == [1]
    assert kept(engine) == [(GROUP, KEPT_DAYS - 1), (GROUP, 10), ("other", KEPT_DAYS + 1)]


@pytest.mark.parametrize(
    ("age_days", "is_announced"), [(KEPT_DAYS - NOTICE_DAYS + 1, True), (80, False)]
)
def test_what_goes_within_a_week_is_announced(
    engine: Engine, age_days: int, *, is_announced: bool
) -> None:
    put(engine, age_days)
    put(engine, KEPT_DAYS + 1, group="other")

    said = QuarantineBound(engine, GROUP).notice(NOW_MS)
    assert said == ("1 messages go within 7 days: each is kept for 90" if is_announced else None)


def test_what_was_readmitted_is_missed_by_nobody(engine: Engine) -> None:
    put(engine, KEPT_DAYS - 1, readmitted_ms=NOW_MS)

    assert QuarantineBound(engine, GROUP).notice(NOW_MS) is None


def test_the_oldest_go_where_it_is_too_large_and_others_count_for_themselves(
    engine: Engine,
) -> None:
    mega = 1024 * 1024
    bound = QuarantineBound(engine, GROUP, most_bytes=2 * mega)
    put(engine, 1, group="other", size=3 * mega)
    put(engine, 3, size=mega)
    assert (bound.notice(NOW_MS), list(bound.drop(NOW_MS))) == (None, [])

    put(engine, 2, size=mega)
    assert bound.notice(NOW_MS) == "it holds 2 MB: the oldest messages go above 2"
    for age_days in range(100):
        put(engine, age_days // 60, size=mega // 50)
    assert list(bound.drop(NOW_MS)) == [100]
    assert kept(engine)[0] == ("other", 1)
    assert len(kept(engine)) == 1 + 2
