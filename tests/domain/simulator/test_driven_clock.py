"""The driven clock: eight bytes that other processes map."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jemput.store import clock as host
from simulator.driven_clock import DrivenClock

READ_IT = "import sys; print(int.from_bytes(open(sys.argv[1],'rb').read(), 'little', signed=True))"


def test_the_time_is_eight_little_endian_bytes_that_another_process_reads(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    with DrivenClock(path) as clock:
        clock.advance_to(1_712_457_354_123)
        told = subprocess.run(
            [sys.executable, "-c", READ_IT, str(path)], capture_output=True, check=True, text=True
        )

    assert told.stdout.strip() == "1712457354123"
    assert path.read_bytes() == (1_712_457_354_123).to_bytes(8, "little", signed=True)


def test_every_holder_of_the_file_sees_the_same_time(tmp_path: Path) -> None:
    with DrivenClock(tmp_path / "clock") as driver, DrivenClock(tmp_path / "clock") as reader:
        driver.advance_to(5000)

        assert reader.now_ms() == 5000


def test_it_begins_at_zero_and_keeps_its_time_when_closed(tmp_path: Path) -> None:
    with DrivenClock(tmp_path / "clock") as clock:
        assert clock.now_ms() == 0
        clock.advance_to(7)
    with DrivenClock(tmp_path / "clock") as again:
        assert again.now_ms() == 7


def test_it_never_goes_back(tmp_path: Path) -> None:
    with DrivenClock(tmp_path / "clock") as clock:
        clock.advance_to(7)
        clock.advance_to(7)
        with pytest.raises(ValueError, match="stands at 7 ms: it cannot go to 6"):
            clock.advance_to(6)


def test_the_ingester_reads_the_time_that_is_driven(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    with DrivenClock(path) as driver, closing(host.DrivenClock(path)) as clock:
        assert clock.now_ms() == 0
        driver.advance_to(1_712_457_354_123)

        assert clock.now_ms() == 1_712_457_354_123


def test_a_clock_that_nobody_drives_yet_is_no_clock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        host.DrivenClock(tmp_path / "clock")
