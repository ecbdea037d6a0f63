"""A disk that forgets what was not synced: SQLite writes through it, and the power is cut."""

from tests.faults.power.cut import cut, is_all_synced
from tests.faults.power.disk import UNSYNCED, use

__all__ = ["UNSYNCED", "cut", "is_all_synced", "use"]
