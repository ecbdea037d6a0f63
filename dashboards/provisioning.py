"""Files that make data sources and boards appear at a Grafana's first login.

Grafana fills in `${NAME}` from its environment and `$__file{PATH}` from a file. It does so in
these files only, never in a board.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from dashboards.sources import GENERATIONS, Generation, Source, influx, prometheus

FOLDER: Final = Path("deploy/grafana/provisioning")
SECRETS: Final = "/run/secrets"
BOARDS: Final = "/etc/jemput/boards/${BOARD_LANGUAGE}"
"""One folder for each language; the environment says which is shown."""
LOOK_EVERY_S: Final = 60
_HEAD: Final = "# Written by `python -m dashboards.render`; scripts/check compares it.\n"
_SECRET: Final[dict[Generation, str]] = {
    "1": f"grafana:$__file{{{SECRETS}/influx_password}}",
    "2": f"$__file{{{SECRETS}/influx_token}}",
    "3": f"$__file{{{SECRETS}/influx_token}}",
}


def files() -> Iterator[tuple[Path, str]]:
    """Every file, from the root of the repository. Of the three InfluxDBs a Grafana takes one."""
    for generation in GENERATIONS:
        source = influx(generation, "${INFLUX_URL}", "${INFLUX_BUCKET}", _SECRET[generation])
        yield FOLDER / "datasources" / f"influxdb-{generation}.yaml", _sources(source)
    metrics = prometheus("${PROMETHEUS_URL}")
    yield FOLDER / "datasources" / "prometheus.yaml", _sources(metrics)
    yield (
        FOLDER / "dashboards" / "jemput.yaml",
        as_yaml({"apiVersion": 1, "providers": [_PROVIDER]}),
    )


_PROVIDER: Final = {
    "name": "jemput",
    "orgId": 1,
    "folder": "Jemput",
    "folderUid": "jemput",
    "type": "file",
    "disableDeletion": False,
    "updateIntervalSeconds": LOOK_EVERY_S,
    "allowUiUpdates": False,
    "options": {"path": BOARDS},
}


def _sources(source: Source) -> str:
    one = {**source.written(), "orgId": 1, "editable": False}
    return as_yaml({"apiVersion": 1, "datasources": [one]})


def as_yaml(said: dict[str, Any]) -> str:
    """As a file, with a line that says who writes it."""
    return _HEAD + yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
