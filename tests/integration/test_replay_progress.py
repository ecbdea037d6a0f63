"""How far a replay is, as a person reads it."""

import pytest

from jemput.cli.replay_progress import Progress
from simulator.replay import ReplayTally


def test_a_line_says_how_much_how_fast_until_when_and_how_long_still() -> None:
    tally = ReplayTally(rows=3000, readings_published=1000, at_s=1_712_457_354)

    assert Progress(3000).line(tally, passed_s=40) == (
        "1,000 of 3,000 readings · recorded 2024-04-07 02:35 UTC · 25 readings/s · "
        "about 1 min 20 s left"
    )


@pytest.mark.parametrize(
    ("passed_s", "left"), [(10, "about 20 s left"), (3600, "about 2 h 00 min left")]
)
def test_lengths_are_as_short_as_can_be(passed_s: float, left: str) -> None:
    tally = ReplayTally(rows=3000, readings_published=1000, at_s=0)

    assert Progress(3000).line(tally, passed_s).endswith(left)


def test_it_is_not_said_at_every_slot(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(3000)
    for _ in range(10):
        progress.note(ReplayTally(readings_published=1))

    assert capsys.readouterr().err == ""
