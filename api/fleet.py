"""What runs on devices, as a metric: how many run each version of the firmware."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from jemput.store.statuses import Statuses

MOST_VERSIONS: Final = 20
"""A device may call its firmware what it likes: the others are one."""
UNKNOWN: Final = "unknown"
OTHER: Final = "other"


class FleetMeters(Collector):
    """Looks when it is asked."""

    def __init__(self, statuses: Statuses) -> None:
        """Take what devices said of themselves."""
        self._statuses = statuses

    def describe(self) -> Iterator[Metric]:
        """Nothing beforehand, so that registering asks no database."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Devices by firmware and site; nothing where the database does not answer."""
        try:
            said = self._statuses.all().values()
        except SQLAlchemyError:
            return
        found = Counter((one.said.firmware or UNKNOWN, one.site) for one in said)
        versions: Counter[str] = Counter()
        for (version, _), count in found.items():
            versions[version] += count
        named = {version for version, _ in versions.most_common(MOST_VERSIONS)}
        devices: Counter[tuple[str, str]] = Counter()
        for (version, site), count in found.items():
            devices[version if version in named else OTHER, site] += count
        family = GaugeMetricFamily(
            "jemput_devices", "By what they run, as they said last", labels=["firmware", "site"]
        )
        for labels, count in sorted(devices.items()):
            family.add_metric(labels, count)
        yield family
