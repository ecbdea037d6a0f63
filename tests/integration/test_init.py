"""`jemput init` makes a folder that is everything, says what it made, and overwrites nothing."""

import os
import shutil
import subprocess
from pathlib import Path
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from jemput.cli.init.making import KEEP_DAYS
from jemput.cli.main import app
from jemput.cli.tls.authority import names_of
from jemput.cli.tls.folder import read
from jemput.settings import Settings, read_settings
from jemput.store.accounts import Accounts
from jemput.store.audit import AuditLog
from jemput.store.credentials import Credentials
from jemput.store.database import open_database
from tests.command import Said, jemput
from tests.servers import PostgreSql
from tests.servers.programs import require

SERVICES = ("broker", "ingest", "api")


def init(folder: Path, *flags: object) -> Said:
    """Set up a town without questions."""
    return jemput("init", folder, "--yes", "--host", "bins.example.org", *flags)


def settings_of(folder: Path) -> Settings:
    """What its settings file says to a process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("JEMPUT_")}
    told = clean | {"JEMPUT_SETTINGS": str(folder / "jemput.env")}
    with patch.dict(os.environ, told, clear=True):
        return read_settings()


def test_the_folder_is_everything_and_secrets_are_for_our_eyes_only(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    done = init(folder)

    assert done.returncode == 0, done.stderr
    settings = settings_of(folder)
    assert settings.database_url == f"sqlite:///{folder}/jemput.db"
    assert settings.journal_keep_days == KEEP_DAYS, "so that its disk is bounded"
    assert settings.api_url == "https://bins.example.org:8000"
    assert settings.broker_certificate_file == folder / "tls" / "server.pem"
    assert {"bins.example.org", "127.0.0.1"} <= set(names_of(read(folder / "tls/server.pem")))
    open_to_others = {
        file.relative_to(folder).parts[0] if file.parent == folder else file.name
        for file in folder.rglob("*")
        if file.stat().st_mode & 0o077
    }
    assert open_to_others == {"ca.crt", *(one.name for one in (folder / "systemd").iterdir())}


def test_password_and_key_are_printed_once_and_open_the_first_operators_account(
    tmp_path: Path,
) -> None:
    done = init(tmp_path / "town", "--operator", "sri")

    engine = open_database(settings_of(tmp_path / "town").database_url)
    words = done.stdout.split()
    password = words[words.index("password") + 1]
    key = next(word for word in words if word.startswith("jk_"))
    user = Accounts(engine).check("sri", password)
    assert user is not None
    assert user.role == "operator"
    assert Credentials(engine).bearer(key, "key", 0) == user
    assert [line.kind for line in AuditLog(engine).search(most=9)] == ["key", "account"]
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert key.encode() not in kept
    assert password.encode() not in kept
    engine.dispose()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    init(folder)
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    again = init(folder)

    assert again.returncode == 2
    assert "jemput.env, jemput.db, tls" in again.stderr
    assert "name another folder" in again.stderr
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--host", "two words"), "neither a host's name nor an address"),
        (("--operator", "Sri!"), "is not an id"),
        (("--database", "postgresql://nobody@127.0.0.1:1/none"), "does not answer"),
    ],
)
def test_a_mistake_is_a_sentence_and_leaves_nothing_behind(
    tmp_path: Path, flags: tuple[str, ...], sentence: str
) -> None:
    done = init(tmp_path / "town", *flags)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_units_would_misread_is_refused(tmp_path: Path) -> None:
    done = init(tmp_path / "my town")

    assert done.returncode == 2
    assert "choose a path of letters" in done.stderr


def test_what_is_not_a_flag_is_asked(tmp_path: Path) -> None:
    answers = "10.1.2.3\n\n\nbudi\n\n"
    done = CliRunner().invoke(app, ["init", str(tmp_path / "town")], input=answers)

    assert done.exit_code == 0, done.output
    assert "operator budi" in done.output
    assert settings_of(tmp_path / "town").api_url == "https://10.1.2.3:8000"


def test_a_postgresql_is_taken_when_it_is_empty_and_refused_when_not(
    tmp_path: Path, postgresql: PostgreSql
) -> None:
    url = postgresql.url(postgresql.make_schema())

    done = init(tmp_path / "town", "--database", url)
    again = init(tmp_path / "other", "--database", url)

    assert done.returncode == 0, done.stderr
    assert settings_of(tmp_path / "town").database_url == url
    unit = (tmp_path / "town" / "systemd" / "jemput-backup.service").read_text()
    assert f"jemput backup {tmp_path / 'town' / 'backups'} --keep 14" in unit
    assert again.returncode == 2
    assert "has a town in it already" in again.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("broker", ["embedded", "mosquitto"])
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, broker: str) -> None:
    if broker == "mosquitto":
        require("mosquitto")
    done = init(tmp_path / "town", "--user", "jemput", "--broker", broker)
    units = sorted((tmp_path / "town" / "systemd").iterdir())
    started = done.stdout.partition("enable --now ")[2].splitlines()[0].split()
    assert {f"jemput-{name}.service" for name in SERVICES} < set(started)
    assert set(started) <= {unit.name for unit in units}
    for name in SERVICES:
        text = (tmp_path / "town" / "systemd" / f"jemput-{name}.service").read_text()
        assert "Restart=always" in text
        assert f"ReadWritePaths={tmp_path}/town" in text
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: the units are not verified")

    verified = subprocess.run(
        [program, "verify", *units], capture_output=True, text=True, check=False, timeout=60
    )

    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
