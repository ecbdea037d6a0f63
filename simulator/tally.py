"""What a run did, counted where it happened."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Tally:
    """Counts of a run. A reading counts as published once the broker's PUBACK for it came.

    `duplicates_sent` counts readings in further transmissions that arrived: what was
    published and what was doubled together are what the broker took. `lost_on_air` counts
    transmissions dropped on purpose, `alerts_received` distinct keys, `alerts_refused`
    alerts that could not be trusted or read, `refused` what the API would not let a
    collector do (somebody else was there, or it was withdrawn). `alerts_informative` are
    those received that call to no pickup and call none off.
    """

    readings_published: int = 0
    messages_published: int = 0
    duplicates_sent: int = 0
    lost_on_air: int = 0
    puback_lost: int = 0
    kept_now: int = 0
    overwritten: int = 0
    alerts_received: int = 0
    alerts_informative: int = 0
    alerts_repeated: int = 0
    alerts_refused: int = 0
    accepted: int = 0
    emptied: int = 0
    collected: int = 0
    failed: int = 0
    ignored: int = 0
    refused: int = 0
    first_alert_wall_s: float | None = None

    def to_dict(self) -> dict[str, int | float | None]:
        """The counts by name."""
        return asdict(self)


class Published:
    """Which readings of a device reached the broker: a high mark per boot, and what lies above."""

    def __init__(self) -> None:
        self._upto: dict[int, int] = {}
        self._above: dict[int, set[int]] = {}

    def add(self, boot: int, seq: int) -> bool:
        """Remember one; False when it was known."""
        upto, above = self._upto.get(boot, 0), self._above.setdefault(boot, set())
        if seq <= upto or seq in above:
            return False
        above.add(seq)
        while upto + 1 in above:
            upto += 1
            above.remove(upto)
        self._upto[boot] = upto
        return True
