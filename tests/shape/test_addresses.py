"""What is committed runs anywhere, from whatever registry its reader uses."""

from pathlib import Path

import pytest

from tests.shape.addresses import addresses
from tests.shape.tree import ROOT, committed_files


def test_no_committed_file_names_a_registry_or_a_machine() -> None:
    assert addresses(committed_files(ROOT)) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://{}.org/simple".format("pypi"),
        "msgspec @ https://files.{}.org/x.whl".format("pythonhosted"),
        "registry=https://registry.{}.org/".format("npmjs"),
        "deb http://deb.{}.org/debian bookworm main".format("debian"),
        "cd /{}/jemput && scripts/demo".format("work"),
        'home = "/{}/ayu/jemput"'.format("home"),
        "python: /{}/.pyenv/bin/python".format("root"),
        "log: /{}/x.log".format("tmp"),
    ],
)
def test_an_address_is_found(tmp_path: Path, line: str) -> None:
    file = tmp_path / "lock.txt"
    file.write_text(f"first line\n{line}\n")

    assert [text.split(" ")[0] for text in addresses(iter([file]))] == [f"{file}:2"]


@pytest.mark.parametrize(
    "line", ["jemput/v1/work/dev-1/reading", "see docs/home/x", "$HOME/tmp/x", "http://a.id/home/1"]
)
def test_what_only_looks_like_one_is_left_alone(tmp_path: Path, line: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(line)

    assert addresses(iter([file])) == []
