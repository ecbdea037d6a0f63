"""Each alert of Prometheus is seen to fire and not to fire, by Prometheus' own tool."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import yaml

from api.services import Limits
from dashboards import rules
from dashboards.rules import RULES, RUNBOOK
from dashboards.words import LANGUAGES
from jemput.cli.doctor import machine
from tests.servers import require
from tests.shape.tree import ROOT

EVERY: Final = "1m"
HOUR_MINUTES: Final = 70
GIB: Final = 2**30


class Case(NamedTuple):
    """A series once so that its alert fires at the end of some minutes, and once so that not."""

    fires: dict[str, str]
    quiet: dict[str, str]
    minutes: int = HOUR_MINUTES


CASES: Final = {
    "JemputApiAbsent": Case({'up{job="jemput"}': "0x70"}, {'up{job="jemput"}': "1 0 1x68"}),
    "JemputDatabaseDown": Case({"jemput_database_up": "0x70"}, {"jemput_database_up": "1x70"}),
    "JemputBrokerUnreachable": Case(
        {"jemput_broker_up": "1x60 0x10"}, {"jemput_broker_up": "1x68 0x2"}
    ),
    "JemputIngesterAbsent": Case(
        {"jemput_journal_age_seconds": "0+60x70"}, {"jemput_journal_age_seconds": "899x70"}
    ),
    "JemputPipelineStalled": Case(
        {"jemput_inbox_waiting": "1x70", "jemput_journal_head": "5x70"},
        {"jemput_inbox_waiting": "1x70", "jemput_journal_head": "5+1x70"},
    ),
    "JemputGroupFoughtOver": Case(
        {"jemput_journal_epoch": "1x60 2+1x9"}, {"jemput_journal_epoch": "1x60 2x9"}
    ),
    "JemputOutboxStuck": Case(
        {"jemput_outbox_late_seconds": "0+60x70"}, {"jemput_outbox_late_seconds": "299x70"}
    ),
    "JemputAlertsGivenUp": Case(
        {"jemput_outbox_given_up": "3x60 4x9"}, {"jemput_outbox_given_up": "3x70"}
    ),
    "JemputSinkLagging": Case(
        {'jemput_sink_lag_seconds{sink="influxdb"}': "0+60x70"},
        {'jemput_sink_lag_seconds{sink="influxdb"}': "299x70"},
    ),
    "JemputDiskNearlyFull": Case(
        {'jemput_disk_free_bytes{of="database"}': f"{GIB}x70"},
        {'jemput_disk_free_bytes{of="database"}': f"{3 * GIB}x70"},
    ),
    "JemputSinkFillsDisk": Case(
        {
            'jemput_disk_free_bytes{of="database"}': f"{13 * GIB}x70",
            "jemput_journal_day_bytes": f"{GIB}x70",
            'jemput_sink_lag_seconds{sink="influxdb"}': "301x70",
        },
        {
            'jemput_disk_free_bytes{of="database"}': f"{13 * GIB}x70",
            "jemput_journal_day_bytes": f"{GIB}x70",
            'jemput_sink_lag_seconds{sink="influxdb"}': "0x70",
        },
    ),
    "JemputCertificateEnds": Case(
        {'jemput_certificate_ends_seconds{of="api"}': f"{20 * 86_400}x70"},
        {'jemput_certificate_ends_seconds{of="api"}': f"{22 * 86_400}x70"},
    ),
}


def written(language: str = "en") -> dict[str, dict[str, Any]]:
    said = yaml.safe_load((ROOT / rules.FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return {rule["alert"]: rule for group in said["groups"] for rule in group["rules"]}


def told(name: str, series: dict[str, str], minutes: int, alerts: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - YAML
    return {
        "interval": EVERY,
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [
            {"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": alerts},
        ],
    }


def expected(name: str, series: dict[str, str]) -> list[dict[str, Any]]:
    (labels, *_) = (re.findall(r'(\w+)="(\w+)"', one) for one in series)
    rule = written()[name]
    return [
        {"exp_labels": {**rule["labels"], **dict(labels)}, "exp_annotations": rule["annotations"]}
    ]


def run(folder: Path, *tests: object) -> subprocess.CompletedProcess[str]:
    file = folder / "alerts.test.yml"
    rule_files = [str(ROOT / rules.FOLDER / "en.yml")]
    said = {"rule_files": rule_files, "evaluation_interval": EVERY, "tests": list(tests)}
    file.write_text(yaml.safe_dump(said))
    promtool = require("promtool")
    return subprocess.run(
        [promtool, "test", "rules", file], capture_output=True, text=True, check=False
    )


def test_each_alert_fires_and_does_not(tmp_path: Path) -> None:
    assert CASES.keys() == {rule.name for rule in RULES}
    tests = [
        made
        for name, case in CASES.items()
        for made in (
            told(name, case.fires, case.minutes, expected(name, case.fires)),
            told(name, case.quiet, case.minutes, []),
        )
    ]
    done = run(tmp_path, *tests)

    assert done.returncode == 0, done.stdout + done.stderr


def test_an_api_that_was_never_asked_is_absent(tmp_path: Path) -> None:
    alerts = expected("JemputApiAbsent", {'up{job="jemput"}': ""})
    assert run(tmp_path, told("JemputApiAbsent", {"other": "1x9"}, 9, alerts)).returncode == 0


def test_a_case_that_does_not_fire_is_seen(tmp_path: Path) -> None:
    case = CASES["JemputDatabaseDown"]
    alerts = expected("JemputDatabaseDown", case.fires)
    assert run(tmp_path, told("JemputDatabaseDown", case.quiet, 9, alerts)).returncode == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_prometheus_takes_the_file(language: str) -> None:
    file = ROOT / rules.FOLDER / f"{language}.yml"
    subprocess.run([require("promtool"), "check", "rules", file], check=True, capture_output=True)
    assert written(language).keys() == CASES.keys()


def test_each_alert_has_a_section_that_says_what_to_do() -> None:
    page = (ROOT / RUNBOOK).read_text(encoding="utf-8")
    sections = re.findall(r"^### (Jemput\w+)\n\n(.{80,})", page, re.MULTILINE)

    assert sorted(name for name, _ in sections) == sorted(CASES)
    for name, rule in written().items():
        assert rule["annotations"]["runbook"] == f"{RUNBOOK}#{name.lower()}"


def test_rules_ask_only_for_what_the_api_measures() -> None:
    sources = [(ROOT / "api" / name).read_text() for name in ("meters.py", "ground.py")]
    asked = {one for rule in RULES for one in re.findall(r"\bjemput_\w+", rule.expr)}

    assert [one for one in asked if not any(f'"{one}"' in text for text in sources)] == []


def test_what_is_late_is_late_everywhere() -> None:
    limits = Limits()

    assert limits.writer_late_ms == rules.SILENT_S * 1000
    assert rules.STALLED_S * 1000 == limits.sink_late_ms == limits.outbox_late_ms
    assert rules.LITTLE_FREE_BYTES == machine.LITTLE_FREE_BYTES
