"""What the API's machine gives it, and takes away one day: disks and certificates, as metrics."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import make_url

from jemput.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """Files of certificates, and folders on disks, by what they are for."""

    certificates: Mapping[str, Path] = field(default_factory=dict)
    disks: Mapping[str, Path] = field(default_factory=dict)


def ground_of(settings: Settings) -> Ground:
    """What the settings name. The disk of a PostgreSQL is elsewhere."""
    url = make_url(settings.database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database
    certificates = {
        "api": settings.api_certificate_file,
        "broker": settings.broker_certificate_file,
        "ca": settings.mqtt_ca_file,
    }
    disks = {
        "database": Path(url.database or "").absolute().parent if is_file else None,
        "broker": settings.broker_folder,
    }
    return Ground(_named(certificates), _named(disks))


def _named(paths: Mapping[str, Path | None]) -> dict[str, Path]:
    return {name: path for name, path in paths.items() if path is not None}


class GroundMeters(Collector):
    """Looks when it is asked, so that a renewed certificate is seen at once."""

    def __init__(self, ground: Ground) -> None:
        """Take what to look at."""
        self._ground = ground

    def collect(self) -> Iterator[Metric]:
        """Unix seconds at which certificates end, and free bytes; 0 where it cannot be told."""
        ends = GaugeMetricFamily(
            "jemput_certificate_ends_seconds", "When a certificate ends", labels=["of"]
        )
        for name, file in self._ground.certificates.items():
            ends.add_metric([name], _ends_s(file))
        free = GaugeMetricFamily("jemput_disk_free_bytes", "Room on a disk", labels=["of"])
        for name, folder in self._ground.disks.items():
            free.add_metric([name], _free_bytes(folder))
        yield from (ends, free)


def _ends_s(file: Path) -> float:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError):
        return 0
    return min(one.not_valid_after_utc for one in found).timestamp()


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
