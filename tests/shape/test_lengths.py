"""Files and functions stay short."""

from pathlib import Path

from tests.shape.lengths import line_count, long_files, long_functions, median_length
from tests.shape.tree import PACKAGES, ROOT, python_files, write_tree


def test_a_file_stays_under_300_lines() -> None:
    assert long_files(python_files(ROOT, *PACKAGES, "tests"), 300) == []


def test_the_median_file_stays_under_100_lines() -> None:
    assert median_length(python_files(ROOT, *PACKAGES)) < 100


def test_a_function_stays_under_40_lines() -> None:
    assert long_functions(python_files(ROOT, *PACKAGES), 40) == []


def test_a_test_stays_under_60_lines() -> None:
    assert long_functions(python_files(ROOT, "tests"), 60) == []


def test_a_long_file_is_found(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"jemput/long.py": "\n" * 300, "jemput/short.py": "\n" * 299})

    found = long_files(python_files(tree, *PACKAGES), 300)

    assert found == [f"{tree}/jemput/long.py has 300 lines; 300 is too many"]
    assert line_count(tree / "jemput/short.py") == 299


def test_a_median_counts_only_files_that_hold_something(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path, {"api/a.py": "\n" * 80, "api/b.py": "\n" * 120, "api/c.py": "\n" * 150}
    )

    assert median_length(python_files(tree, *PACKAGES)) == 120


def test_a_long_function_is_found_wherever_it_hides(tmp_path: Path) -> None:
    body = "            x = 1\n" * 39
    hidden = f"class Bin:\n    def short(self):\n        async def long():\n{body}\n"
    tree = write_tree(tmp_path, {"ingest/main.py": hidden})

    found = long_functions(python_files(tree, *PACKAGES), 40)

    assert [line.split(" ", 1)[1] for line in found] == [
        "short has 41 lines; 40 is too many",
        "long has 40 lines; 40 is too many",
    ]
