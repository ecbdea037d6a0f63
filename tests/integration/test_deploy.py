"""deploy/ without Docker: each file is taken by the real program that it is for."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.journey.test_new_operator import Operator
from tests.servers import HOST, Prometheus, require, wait_until
from tests.servers.postgresql import NOBODY
from tests.servers.process import as_user
from tests.shape.compose import TOWN, filled, read, variables
from tests.shape.tree import ROOT

DEPLOY: Final = ROOT / "deploy"
SAID: Final = read(DEPLOY / "compose.yaml")
LONG_S: Final = 60


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A copy of what `prepare` needs, for somebody who is not root."""
    folder = Path(tempfile.mkdtemp())
    try:
        shutil.copy(DEPLOY / "prepare", folder)
        if os.geteuid() == 0:
            shutil.chown(folder, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder)


def prepare(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "prepare", *names],
        capture_output=True,
        text=True,
        check=False,
        **as_user(NOBODY if os.geteuid() == 0 else None),
    )


def test_prepare_makes_all_that_compose_names_and_for_one_pair_of_eyes(checkout: Path) -> None:
    done = prepare(checkout, "bins.example.org")
    assert done.returncode == 0, done.stderr

    named = {one["file"] for one in SAID["secrets"].values()}
    named |= {
        filled(volume).split(":")[0]
        for service in SAID["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith(TOWN)
    }
    assert [one for one in named if not (checkout / one).exists()] == []
    made = [checkout / "town", *(checkout / "town").rglob("*"), checkout / ".env"]
    assert [one for one in made if one.stat().st_mode & 0o077] == []


def test_prepare_sets_every_variable_of_compose(checkout: Path) -> None:
    prepare(checkout, "bins.example.org")
    told = dict(re.findall(r"^(\w+)=(.*)$", (checkout / ".env").read_text(), re.MULTILINE))

    assert told.keys() == variables((DEPLOY / "compose.yaml").read_text()).keys()
    assert told["PUBLIC_URL"] == "https://bins.example.org"
    assert int(told["TOWN_UID"]) > 0


def test_prepare_makes_secrets_that_nobody_guesses_and_overwrites_none(checkout: Path) -> None:
    prepare(checkout, "bins.example.org")
    secrets = {file.name: file.read_text() for file in (checkout / "town/secrets").iterdir()}
    again = prepare(checkout, "bins.example.org")

    random = [secrets[one] for one in ("postgres_password", "influx_token", "grafana_password")]
    assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in random)
    assert len(set(random)) == len(random)
    assert secrets["pgpass"].endswith(f":{secrets['postgres_password']}")
    assert again.returncode == 2
    assert "nothing is overwritten" in again.stderr
    assert (checkout / "town/secrets/influx_token").read_text() == secrets["influx_token"]


def test_prepare_wants_a_name(checkout: Path) -> None:
    for names in ((), ("a b",), ("x;y",)):
        done = prepare(checkout, *names)
        assert (done.returncode, "./prepare bins.example.org" in done.stderr) == (2, True)
    assert not (checkout / "town").exists()


def test_caddy_takes_the_file_and_keeps_metrics_inside() -> None:
    caddy = require("caddy")
    told = ["--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile"]
    subprocess.run([caddy, "validate", *told], check=True, capture_output=True)
    said = subprocess.run([caddy, "adapt", *told], check=True, capture_output=True, text=True)
    routes = json.dumps(json.loads(said.stdout))

    assert "127.0.0.1:8000" in routes
    assert "127.0.0.1:3000" in routes
    assert '"/metrics"' in routes


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as said:  # noqa: S310 - a server of the test's own
        found: dict[str, Any] = json.load(said)
    return found


class Deployed(Prometheus):
    """Prometheus with deploy/'s own file, of which only addresses are changed."""

    def __init__(self, folder: Path, target: str, key: Path) -> None:
        super().__init__(folder, target)
        self._key = key

    def arguments(self) -> list[str]:
        """Put paths and the address of this test in place of Compose's."""
        found = super().arguments()
        text = (DEPLOY / "prometheus/prometheus.yml").read_text()
        for theirs, ours in {
            "/run/secrets/metrics_key": str(self._key),
            "/etc/prometheus/rules/*.yml": str(DEPLOY / "prometheus/rules/id.yml"),
            "api:8000": self._target,
            "15s": "1s",
        }.items():
            assert theirs in text
            text = text.replace(theirs, ours)
        (self.folder / "prometheus.yml").write_text(text)
        return found


def test_prometheus_asks_the_api_with_the_key_that_the_page_makes(tmp_path: Path) -> None:
    operator = Operator(tmp_path, "--no-api-tls")
    operator("account", "put", "prometheus", "--role", "auditor")
    said = operator("key", "make", "prometheus", "--label", "metrics")
    page = (DEPLOY / "README.md").read_text()
    (pattern,) = re.findall(r"key make prometheus --label metrics \| sed '(.+?)' >", page)
    key = tmp_path / "metrics_key"
    key.write_text(subprocess.check_output(["sed", pattern], input=said, text=True))  # noqa: S607
    target = f"{HOST}:{operator.api_port}"

    with operator.running("api"), Deployed(tmp_path / "prometheus", target, key) as server:
        checked: list[str | Path] = [
            require("promtool"),
            "check",
            "config",
            server.folder / "prometheus.yml",
        ]
        subprocess.run(checked, check=True, capture_output=True)
        up = f"{server.url}/api/v1/query?query=jemput_database_up"
        wait_until(lambda: bool(get(up)["data"]["result"]), LONG_S, "a scrape with the key")
        rules = get(f"{server.url}/api/v1/rules")["data"]["groups"]

        (value,) = get(up)["data"]["result"]
        assert value["value"][1] == "1"
        assert value["metric"]["job"] == "jemput"
        assert "JemputDatabaseDown" in {rule["name"] for one in rules for rule in one["rules"]}
