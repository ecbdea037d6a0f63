"""How far long work is, as a person reads it."""

import pytest

from jemput.cli.pace import Pace


def test_a_line_says_how_much_of_what_and_how_long_still() -> None:
    assert Pace("folding", 3000).line(1000, passed_s=40) == (
        "folding: 1,000 of 3,000 · about 80 s left"
    )
    assert Pace("lines read").line(1_234_567, passed_s=40) == "lines read: 1,234,567"
    assert Pace("folding", 3000).line(0, passed_s=40) == "folding: 0"


def test_every_item_passes_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(Pace("lines read", every_s=0).along("abc")) == ["a", "b", "c"]

    assert capsys.readouterr().err.splitlines() == [
        "lines read: 1",
        "lines read: 2",
        "lines read: 3",
    ]


def test_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(Pace("lines read").along(range(1000)))) == 1000

    assert capsys.readouterr().err == ""
