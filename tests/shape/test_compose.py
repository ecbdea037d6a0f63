"""deploy/ without Docker: what a parser can hold Compose's file and the Dockerfile to."""

import copy
import re
import tomllib
from collections.abc import Callable
from typing import Any, Final

import pytest

from jemput.settings import SECRETS, Settings, variable
from tests.shape.compose import breaches, filled, read, variables
from tests.shape.tree import ROOT

DEPLOY: Final = ROOT / "deploy"
COMPOSE: Final = DEPLOY / "compose.yaml"
SAID: Final = read(COMPOSE)
SERVICES: Final[dict[str, dict[str, Any]]] = SAID["services"]


def test_a_town_is_whole() -> None:
    parts = {"postgres", "influxdb", "broker", "ingest", "api", "prometheus", "boards", "grafana"}

    assert SERVICES.keys() == parts | {"tool", "simulator"}
    assert {name for name, one in SERVICES.items() if "profiles" in one} == {"tool", "simulator"}


def test_nothing_is_open_anonymous_mighty_or_missing() -> None:
    assert breaches(SAID, DEPLOY) == []


def test_postgresql_runs_as_somebody_its_image_does_not_know() -> None:
    """The image's own page says so of its Debian variants; initdb of the others refuses."""
    assert SERVICES["postgres"]["image"].endswith("-bookworm")


def spoil(service: str, change: Callable[[dict[str, Any]], object]) -> list[str]:
    spoiled = copy.deepcopy(SAID)
    change(spoiled["services"][service])
    return breaches(spoiled, DEPLOY)


@pytest.mark.parametrize(
    ("service", "change", "wrong"),
    [
        ("api", lambda one: one.update(ports=["8000:8000"]), "open beyond this machine"),
        ("api", lambda one: one.update(image="jemput:latest"), "is not exact"),
        ("api", lambda one: one.pop("healthcheck"), "no health check"),
        ("api", lambda one: one.pop("user"), "as whoever its image likes"),
        ("grafana", lambda one: one["volumes"].append("./gone.yaml:/x:ro"), "no ./gone.yaml"),
        ("grafana", lambda one: one.update(secrets=[]), "which it does not get"),
        (
            "postgres",
            lambda one: one["environment"].update({"POSTGRES_PASSWORD": "x"}),
            "stands in",
        ),
        ("ingest", lambda one: one["depends_on"].update(tool={}), "never says"),
        ("influxdb", lambda one: one.update(cap_drop=[]), "rights it does not need"),
    ],
)
def test_a_breach_is_found(
    service: str, change: Callable[[dict[str, Any]], object], wrong: str
) -> None:
    assert wrong in " ".join(spoil(service, change))


def test_our_services_are_told_only_what_is_a_setting() -> None:
    known = {variable(name) for name in Settings.model_fields} | {"JEMPUT_SETTINGS"}
    known |= {f"{variable(name)}_FILE" for name in SECRETS}
    told = {
        name
        for one in SERVICES.values()
        for name in one.get("environment", {})
        if name.startswith("JEMPUT_")
    }

    assert told
    assert told <= known


def test_files_that_name_secrets_are_given_them() -> None:
    asked = {"grafana": "grafana/provisioning/datasources/influxdb-2.yaml"}
    asked["prometheus"] = "prometheus/prometheus.yml"
    for service, file in asked.items():
        names = re.findall(r"/run/secrets/(\w+)", (DEPLOY / file).read_text())
        assert names
        assert set(names) <= set(SERVICES[service]["secrets"])


def test_what_provisioning_fills_in_is_told_to_grafana() -> None:
    told = set(SERVICES["grafana"]["environment"])
    mounted = [one.split(":")[0] for one in SERVICES["grafana"]["volumes"]]
    files = [DEPLOY / one for one in mounted if one.endswith(".yaml")]
    asked = {name for file in files for name in re.findall(r"\$\{(\w+)\}", file.read_text())}

    assert asked == {"BOARD_LANGUAGE", "INFLUX_URL", "INFLUX_BUCKET", "PROMETHEUS_URL"}
    assert asked <= told


def test_either_language_is_there() -> None:
    rules = next(one for one in SERVICES["prometheus"]["volumes"] if "rules" in one)
    for language in ("id", "en"):
        source = filled(rules, {"BOARD_LANGUAGE": language}).split(":")[0]
        assert (DEPLOY / source).is_file()
        assert (ROOT / "dashboards" / "json" / language / "jemput-operations.json").is_file()


def test_every_variable_has_a_default_or_is_demanded() -> None:
    found = variables(COMPOSE.read_text())

    assert {"TOWN_UID", "BOARD_LANGUAGE", "DEVICES_AT"} <= found.keys()
    assert [name for name, is_safe in found.items() if not is_safe] == []


DOCKERFILE: Final = (DEPLOY / "Dockerfile").read_text()
COPIED: Final = {
    word
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
    for word in line.split()[:-1]
}


def test_the_image_holds_every_package_and_nothing_of_a_town() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {
        one.rstrip("*") for one in pyproject["tool"]["setuptools"]["packages"]["find"]["include"]
    }
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()

    assert packages <= COPIED
    assert {f"!{one}" for one in COPIED} == {one for one in ignored if one.startswith("!")}
    assert "*" in ignored
    assert [one for one in COPIED if not (ROOT / one).exists()] == []


def test_the_image_is_installed_as_the_page_of_operations_says() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    lines = re.findall(r"^RUN (\S+/pip install .+)$", DOCKERFILE, re.MULTILINE)

    assert len(lines) == 2
    assert [line for line in lines if line not in page] == []


def test_the_image_is_exact_and_runs_as_nobody() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)

    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", bases[0])
    assert int(user) > 0


def test_our_image_is_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert SERVICES["api"]["image"] == f"jemput:{version}"


def test_pages_name_commands_of_compose_for_services_that_are_there() -> None:
    page = (DEPLOY / "README.md").read_text()
    named = re.findall(r"docker compose (?:exec -T|run --rm(?: -T)?|stop|up --detach) (\w+)", page)

    assert len(named) > 8
    assert set(named) <= SERVICES.keys()
