"""The doctor on files: who may read secrets, how long certificates hold, what mends it."""

import ssl
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from ingest.mqtt.session import Address
from jemput.broker.account import INGEST, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.doctor import machine
from jemput.cli.doctor.broker import certificate
from jemput.cli.doctor.files import certificates, secrets
from jemput.cli.doctor.finding import Finding, Health
from jemput.cli.tls.authority import AUTHORITY_DAYS, SERVER_DAYS
from jemput.cli.tls.folder import Certificates
from jemput.settings import Settings

DAY_S = 86_400


@pytest.fixture
def town(tmp_path: Path) -> Settings:
    """Settings as `jemput init` writes them, with the files that they name."""
    made = Certificates(tmp_path / "tls")
    made.make("pakam", [LOOPBACK], time.time())
    (tmp_path / "broker").mkdir(mode=0o700)
    (tmp_path / "jemput.db").touch(mode=0o600)
    told = {
        "database_url": f"sqlite:///{tmp_path / 'jemput.db'}",
        "mqtt_ca_file": made.authority,
        "broker_folder": tmp_path / "broker",
        "broker_key_file": made.server,
        "api_certificate_file": made.server,
        "api_key_file": made.server,
    }
    return Settings.model_validate(told)


def told(found: list[Finding]) -> list[tuple[Health, str | None]]:
    """How bad, and what mends it."""
    return [(one.health, one.remedy) for one in found]


def test_secrets_that_others_may_read_are_named_with_what_closes_them(
    town: Settings, tmp_path: Path
) -> None:
    assert [one.health for one in secrets(town)] == [Health.GOOD]

    for name, mode in (("jemput.db", 0o644), ("tls/ca.key", 0o604), ("broker", 0o750)):
        (tmp_path / name).chmod(mode)

    assert told(list(secrets(town))) == [
        (Health.BAD, f"chmod 600 {tmp_path}/jemput.db"),
        (Health.BAD, f"chmod 600 {tmp_path}/tls/ca.key"),
        (Health.BAD, f"chmod 700 {tmp_path}/broker"),
    ]


@pytest.mark.parametrize(
    ("in_days", "api", "authority"),
    [
        (0, Health.GOOD, Health.GOOD),
        (SERVER_DAYS - 10, Health.DOUBT, Health.GOOD),
        (SERVER_DAYS + 2, Health.BAD, Health.GOOD),
        (AUTHORITY_DAYS - 10, Health.BAD, Health.DOUBT),
    ],
)
def test_certificates_are_told_of_before_they_end(
    town: Settings, in_days: int, api: Health, authority: Health
) -> None:
    found = list(certificates(town, time.time() + in_days * DAY_S))

    assert [one.health for one in found] == [api, authority]
    assert (api is Health.GOOD) or "jemput certificate renew" in str(found[0].remedy)


def test_a_file_that_is_no_certificate_is_said(town: Settings) -> None:
    assert town.api_certificate_file is not None
    town.api_certificate_file.write_text("not in PEM")

    found = next(certificates(town))

    assert found.health is Health.BAD
    assert "holds no certificate in PEM" in found.sentence


@pytest.mark.parametrize(
    ("made_before_days", "health"),
    [(0, Health.GOOD), (SERVER_DAYS - 10, Health.DOUBT), (SERVER_DAYS + 10, Health.BAD)],
)
def test_a_broker_is_found_by_tls_with_the_days_that_its_certificate_has(
    tmp_path: Path, made_before_days: int, health: Health
) -> None:
    made = Certificates(tmp_path / "tls")
    made.make("pakam", [LOOPBACK], time.time() - made_before_days * DAY_S)
    place = NatsSettings(tmp_path / "broker", free_port(), certificate=made.server, key=made.server)
    with NatsServer(place, [ingest_user("a-password").account()]):
        tls = ssl.create_default_context(cafile=made.authority)
        found = list(certificate(Address(LOOPBACK, place.port, INGEST, "a-password", tls)))

    assert [one.health for one in found] == [health]
    assert (health is Health.GOOD) or "jemput certificate renew" in str(found[0].remedy)


def test_a_full_disk_is_told_of_database_and_broker(town: Settings) -> None:
    with patch.object(machine, "LEAST_FREE_BYTES", 2**62):
        found = list(machine.disk(town.database_url, town.broker_folder))

    assert [one.health for one in found] == [Health.BAD, Health.BAD]
    assert "jemput journal prune" in str(found[0].remedy)
