"""The town of deploy/compose.yaml without containers: its environment, commands and health checks.

As a README's reader would, on a PostgreSQL that wants a password and an InfluxDB that wants a
token. Only paths, hosts and ports are this test's own.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from jemput.store.influx import InfluxTarget
from tests.influx_dialects import in_front
from tests.servers import HOST, InfluxDb, PostgreSql, free_port, wait_until
from tests.servers.postgresql import OWNER
from tests.servers.process import as_user
from tests.shape.compose import filled, read
from tests.shape.tree import ROOT

DEPLOY: Final = ROOT / "deploy"
SERVICES: Final[dict[str, dict[str, Any]]] = read(DEPLOY / "compose.yaml")["services"]
JEMPUT: Final = Path(sys.executable).parent / "jemput"
PASSWORD: Final = "a-password-for-tests"  # noqa: S105 - of a server that lives for a second
LONG_S: Final = 60


class Guarded(PostgreSql):
    """As compose.yaml makes it: nobody gets in without a password, not from this machine either."""

    def _make_cluster(self) -> None:
        if self.user:
            os.chown(self.folder, as_uid(self.user), -1)
        word = self.folder.with_name("password")
        word.write_text(PASSWORD)
        word.chmod(0o644)
        how = SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
        options = ["-U", OWNER, how, f"--pwfile={word}", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._initdb, "-D", self._data, *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **as_user(self.user),
        )

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            f"postgresql://{OWNER}:{PASSWORD}@{HOST}:{self.port}/postgres", autocommit=True
        )


def as_uid(name: str) -> int:
    """The number of a user."""
    return int(subprocess.check_output(["id", "-u", name], text=True))  # noqa: S607


class Town:
    """What `docker compose` would start, as processes."""

    def __init__(self, folder: Path, database: Guarded, influx: InfluxTarget) -> None:
        self.folder, self.secrets = folder / "town", folder / "secrets"
        self.secrets.mkdir()
        self.ports = {"8883": free_port(), "8000": free_port()}
        self.database, self.influx = database, influx
        self._secret("influx_token", influx.token)
        self._secret("pgpass", f"{HOST}:{database.port}:{OWNER}:{OWNER}:{PASSWORD}")

    def _secret(self, name: str, text: str) -> None:
        file = self.secrets / name
        file.write_text(text)
        file.chmod(0o600)

    def here(self, text: str) -> str:
        """With paths, hosts and ports of this test in place of the containers'."""
        there = {
            "/run/secrets": str(self.secrets),
            "http://influxdb:8086": self.influx.url,
            "@postgres/": f"@{HOST}:{self.database.port}/",
        }
        for theirs, ours in there.items():
            text = text.replace(theirs, ours)
        for theirs, port in self.ports.items():
            text = re.sub(rf"\b{theirs}\b", str(port), text)
        return re.sub(r"(?<![\w/])/town\b", str(self.folder), text)

    def environment(self, service: str) -> dict[str, str]:
        """What a service is told, and nothing of ours."""
        said = SERVICES[service]["environment"]
        told = {name: self.here(filled(str(value))) for name, value in said.items()}
        told |= {"JEMPUT_MQTT_HOST": "localhost", "JEMPUT_INFLUX_ORG": self.influx.org}
        clean = {name: value for name, value in os.environ.items() if "JEMPUT" not in name}
        return clean | told

    def tool(self, *arguments: str, status: int = 0) -> str:
        """`docker compose run --rm tool …`."""
        done = subprocess.run(
            [JEMPUT, *arguments],
            env=self.environment("tool"),
            capture_output=True,
            text=True,
            check=False,
            timeout=LONG_S,
        )
        assert done.returncode == status, done.stderr + done.stdout
        return done.stdout

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        """A service, once its own health check says so."""
        command = [JEMPUT, *SERVICES[service]["command"]]
        log = self.folder / f"{service}.log"
        with log.open("wb") as lines:
            process = subprocess.Popen(command, env=self.environment(service), stderr=lines)
        try:
            wait_until(lambda: self._is_healthy(service), LONG_S, f"the health of {service}")
            yield
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            process.wait(LONG_S)

    def _is_healthy(self, service: str) -> bool:
        check = SERVICES[service].get("healthcheck")
        if check is None:
            return True
        kind, program, *rest = (self.here(one) for one in check["test"])
        assert (kind, program) == ("CMD", "python")
        return (
            subprocess.run([sys.executable, *rest], capture_output=True, check=False).returncode
            == 0
        )

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the API says to anybody."""
        url = f"http://{HOST}:{self.ports['8000']}{path}"
        with urllib.request.urlopen(url, timeout=10) as said:
            return json.load(said)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Servers, secrets, and the `init` of the page."""
    page = (DEPLOY / "README.md").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"run --rm tool (init .+)", page)
    with (
        tempfile.TemporaryDirectory(prefix="jemput-postgresql-") as folder,
        InfluxDb(tmp_path_factory.mktemp("influxdb")) as influxdb,
        in_front("v2.9.1", f"{HOST}:{influxdb.port}") as influx,
    ):
        Path(folder).chmod(0o711)
        with Guarded(Path(folder) / "server") as database:
            with psycopg.connect(
                f"postgresql://{OWNER}:{PASSWORD}@{HOST}:{database.port}/postgres", autocommit=True
            ) as connection:
                connection.execute("CREATE DATABASE jemput")
            made = Town(tmp_path_factory.mktemp("deployed"), database, influx)
            ports = [f"--mqtt-port={made.ports['8883']}", f"--api-port={made.ports['8000']}"]
            made.tool(*map(made.here, shlex.split(line)), *ports)
            made.tool("influx", "setup")
            yield made


def test_a_town_as_the_page_sets_it_up_is_well(town: Town) -> None:
    with town.running("broker"), town.running("ingest"), town.running("api"):
        wait_until(
            lambda: bool(town.get("/readyz")["status"] == "ok"), LONG_S, "a town that is well"
        )
        found = json.loads(town.tool("doctor", "--json"))

        assert [one for one in found if one["health"] == "bad"] == []
        about = {one["about"]: one["sentence"] for one in found}
        assert about["InfluxDB"].startswith(town.influx.url)
        assert town.get("/healthz")


def test_no_secret_of_the_database_stands_in_the_settings(town: Town) -> None:
    settings = (town.folder / "jemput.env").read_text()

    assert PASSWORD not in settings
    assert f"JEMPUT_DATABASE_URL=postgresql://jemput@{HOST}" in settings
