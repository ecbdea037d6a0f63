"""Disks and certificates, as Prometheus is told of them."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from api.ground import Ground, ground_of
from jemput.cli.tls.folder import Certificates
from jemput.settings import read_settings
from tests.integration.api.test_meters import metrics
from tests.integration.api.town import Town, served

DAY_S = 86_400


def asked(town: Town, ground: Ground) -> dict[tuple[str, ...], float]:
    with served(replace(town.services(), ground=ground)) as client:
        return metrics(client)


def test_when_certificates_end_is_said_and_a_renewed_one_is_seen(tmp_path: Path) -> None:
    now_s = time.time()
    made = Certificates(tmp_path / "tls")
    made.make("test", ["localhost"], now_s - 300 * DAY_S)
    ground = Ground({"api": made.server, "ca": made.authority})
    with served(replace(Town(tmp_path).services(), ground=ground)) as client:
        before = metrics(client)["jemput_certificate_ends_seconds", "api"]
        made.renew([], now_s)
        after = metrics(client)

    assert after["jemput_certificate_ends_seconds", "api"] == pytest.approx(
        before + 300 * DAY_S, abs=2
    )
    assert after["jemput_certificate_ends_seconds", "ca"] > now_s + 9 * 365 * DAY_S


def test_a_file_that_is_no_certificate_ended_long_ago(tmp_path: Path) -> None:
    file = tmp_path / "api.pem"
    file.write_text("nothing")
    found = asked(Town(tmp_path), Ground({"api": file, "ca": tmp_path / "gone.crt"}))

    assert found["jemput_certificate_ends_seconds", "api"] == 0
    assert found["jemput_certificate_ends_seconds", "ca"] == 0


def test_room_on_disks_is_said(tmp_path: Path) -> None:
    ground = Ground(disks={"database": tmp_path, "broker": tmp_path / "gone"})
    found = asked(Town(tmp_path), ground)

    free = shutil.disk_usage(tmp_path).free
    assert found["jemput_disk_free_bytes", "database"] == pytest.approx(free, rel=0.2)
    assert found["jemput_disk_free_bytes", "broker"] == 0


def test_settings_say_what_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JEMPUT_DATABASE_URL", f"sqlite:///{tmp_path}/jemput.db")
    monkeypatch.setenv("JEMPUT_MQTT_CA_FILE", str(tmp_path / "ca.crt"))
    assert ground_of(read_settings()) == Ground({"ca": tmp_path / "ca.crt"}, {"database": tmp_path})

    monkeypatch.setenv("JEMPUT_DATABASE_URL", "postgresql+psycopg://somebody@elsewhere/jemput")
    monkeypatch.setenv("JEMPUT_BROKER_FOLDER", str(tmp_path))
    assert ground_of(read_settings()).disks == {"broker": tmp_path}
