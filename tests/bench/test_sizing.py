"""What a bench writes into docs/sizing.md, and the numbers it makes."""

import os
from pathlib import Path

import pytest

from tests.bench import sizing
from tests.bench.api.asking import Took
from tests.bench.processes import Taken, all_of, taken


def test_a_bench_writes_between_its_own_marks_only(tmp_path: Path) -> None:
    page = tmp_path / "sizing.md"
    page.write_text(sizing.PAGE.read_text())
    for told in ("one \\1 thing", "another"):
        for bench in ("small", "api", "page"):
            sizing.write(bench, f"{bench}: {told}", page)
            assert (
                f"{bench} --write -->\n\n{bench}: {told}\n\n<!-- {bench} ends" in page.read_text()
            )

    assert "one \\1 thing" not in page.read_text()
    with pytest.raises(ValueError, match="no place for fold"):
        sizing.write("fold", "9 µs", page)


def test_a_table_has_its_numbers_to_the_right() -> None:
    assert sizing.table(("what", "MB"), [("all", 3)]) == "| what | MB |\n| --- | --: |\n| all | 3 |"


def test_p99_of_few_answers_is_the_slowest() -> None:
    took = Took("list", [*map(float, range(100, 0, -1))])

    assert (took.percentile(50), took.percentile(99), max(took.ms)) == (51.0, 100.0, 100.0)


def test_this_process_takes_memory_and_time() -> None:
    found = all_of({"tests": os.getpid()})
    now = taken(found["tests"])

    assert now.rss_mb >= now.pss_mb > 1
    assert now + now == Taken(2 * now.rss_mb, 2 * now.pss_mb, 2 * now.cpu_s)
