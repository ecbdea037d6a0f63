"""What a process takes of memory and processor, as Linux counts it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
KIB: Final = 1024


class Taken(NamedTuple):
    """By one process. PSS shares what several have in memory among them."""

    rss_mb: float
    pss_mb: float
    cpu_s: float

    def __add__(self, other: object) -> "Taken":
        """Of both."""
        if not isinstance(other, Taken):
            return NotImplemented
        return Taken(*(one + two for one, two in zip(self, other, strict=True)))


def all_of(parts: Mapping[str, int]) -> dict[str, int]:
    """The parts by name, and nats-server, which the broker's part starts."""
    found = {}
    for part, pid in parts.items():
        found[part] = pid
        found |= {f"{part}'s {_name(child)}": child for child in children(pid)}
    return found


def taken(pid: int) -> Taken:
    """What a process takes now, and took of the processor since it began."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    sizes = dict(line.split()[:2] for line in rollup.splitlines()[1:])
    user_s, system_s, *_ = cpu_of(pid)
    return Taken(int(sizes["Rss:"]) / KIB, int(sizes["Pss:"]) / KIB, user_s + system_s)


def cpu_of(pid: int) -> list[float]:
    """Seconds in its own code and in the kernel, then the same of its children that have ended."""
    # Behind the name, which may hold anything: state is the third field of proc(5), utime the 14th.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return [int(ticks) / TICKS_A_SECOND for ticks in fields[11:15]]


def children(pid: int) -> list[int]:
    """Of all its threads. Raises OSError where it is gone."""
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


def machine() -> str:
    """What kind of processor this is, and how much it has to do: by us, and by others."""
    load = os.getloadavg()[1]
    return f"{_processor()}, {os.cpu_count()} cores, a load of {load:.1f} in the last 5 minutes"


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "a processor without a name"
