"""Two people who install the same commit get the same packages."""

from pathlib import Path

import pytest

from tests.shape.pins import DEV, RUNTIME, unpinned
from tests.shape.tree import ROOT

GOOD = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools==1.0"]
[project]
dependencies = ["Some.Thing==2.0"]
[project.optional-dependencies]
dev = ["pytest==3.0; platform_machine == 'x86_64'"]
""",
    RUNTIME: "# made by a script\nsetuptools==1.0\nsome-thing==2.0\n",
    DEV: "pytest==3.0 ; platform_machine == 'x86_64'\nsetuptools==1.0\nsome-thing==2.0\n",
}


def judge(tree: Path, file: str = RUNTIME, old: str = "", new: str = "") -> list[str]:
    (tree / "requirements").mkdir()
    for name, text in GOOD.items():
        (tree / name).write_text(text.replace(old, new) if name == file else text)
    return unpinned(tree)


def test_every_dependency_is_pinned_and_locked() -> None:
    assert unpinned(ROOT) == []


def test_a_good_tree_is_left_alone(tmp_path: Path) -> None:
    assert judge(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("pyproject.toml", "Thing==2.0", "Thing>=2.0", "'Some.Thing>=2.0' is not pinned"),
        ("pyproject.toml", "Thing==2.0", "Thing==2.1", "no Some.Thing==2.1; run scripts/lock"),
        ("pyproject.toml", "tools==1.0", "tools==1.1", "no setuptools==1.1; run scripts/lock"),
        (RUNTIME, "some-thing==2.0\n", "", "no Some.Thing==2.0"),
        (RUNTIME, "# made by a script", "--index-url x", "'--index-url x' is no pin"),
        (DEV, "==3.0", "==3.1", "no pytest==3.0"),
        (DEV, "some-thing==2.0", "some-thing==2.2", "some-thing is not what"),
        (DEV, "setuptools==1.0", "setuptools @ x", "'setuptools @ x' is no pin"),
    ],
)
def test_a_loose_pin_is_found(tmp_path: Path, file: str, old: str, new: str, found: str) -> None:
    assert found in "\n".join(judge(tmp_path, file, old, new))
