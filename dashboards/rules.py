"""Prometheus' alert rules: the system's own health only. What bins say is the ingester's to judge.

The numbers are those at which the Pipeline board turns red.
"""

from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from dashboards.provisioning import as_yaml
from dashboards.words import Words
from jemput.store.held import LITTLE_DAYS

FOLDER: Final = Path("deploy/prometheus/rules")
RUNBOOK: Final = "docs/operations.md"
JOB: Final = "jemput"
"""What deploy/prometheus calls the API whose /metrics it asks."""

STALLED_S: Final = 300
"""So late may a sink or an alert be."""
SILENT_S: Final = 900
"""So long may the journal be silent, also that of a small town at night."""
LITTLE_FREE_BYTES: Final = 2 * 2**30
ENDS_SOON_S: Final = 21 * 86_400
"""Certificates are renewed 30 days before: nine days later that has failed."""


class Rule(Struct, frozen=True):
    """An alert: when it fires, after how long, and whether somebody gets up for it."""

    name: str
    expr: str
    after: str
    severity: Literal["critical", "warning"]


RULES: Final = (
    Rule(
        "JemputApiAbsent", f'up{{job="{JOB}"}} == 0 or absent(up{{job="{JOB}"}})', "2m", "critical"
    ),
    Rule("JemputDatabaseDown", "jemput_database_up == 0", "1m", "critical"),
    Rule("JemputBrokerUnreachable", "jemput_broker_up == 0", "3m", "critical"),
    Rule("JemputIngesterAbsent", f"jemput_journal_age_seconds > {SILENT_S}", "1m", "critical"),
    Rule(
        "JemputPipelineStalled",
        "min_over_time(jemput_inbox_waiting[5m]) > 0 and changes(jemput_journal_head[5m]) == 0",
        "2m",
        "critical",
    ),
    Rule("JemputGroupFoughtOver", "changes(jemput_journal_epoch[15m]) > 2", "0m", "critical"),
    Rule("JemputOutboxStuck", f"jemput_outbox_late_seconds > {STALLED_S}", "2m", "critical"),
    Rule("JemputAlertsGivenUp", "delta(jemput_outbox_given_up[1h]) > 0", "0m", "warning"),
    Rule("JemputSinkLagging", f"jemput_sink_lag_seconds > {STALLED_S}", "5m", "warning"),
    Rule("JemputDiskNearlyFull", f"jemput_disk_free_bytes < {LITTLE_FREE_BYTES}", "10m", "warning"),
    Rule(
        "JemputSinkFillsDisk",
        'jemput_disk_free_bytes{of="database"} < on (instance, job) group_left ()'
        f" ({LITTLE_DAYS} * jemput_journal_day_bytes)"
        f" and on (instance, job) jemput_sink_lag_seconds > {STALLED_S}",
        "10m",
        "warning",
    ),
    Rule(
        "JemputCertificateEnds",
        f"jemput_certificate_ends_seconds - time() < {ENDS_SOON_S}",
        "1h",
        "warning",
    ),
)


def file(words: Words) -> tuple[Path, str]:
    """The file of rules in one language, from the root of the repository."""
    groups = [{"name": JOB, "rules": [_written(rule, words) for rule in RULES]}]
    return FOLDER / f"{words.language}.yml", as_yaml({"groups": groups})


def _written(rule: Rule, words: Words) -> dict[str, object]:
    summary, do = words.alarm(rule.name)
    return {
        "alert": rule.name,
        "expr": rule.expr,
        "for": rule.after,
        "labels": {"severity": rule.severity},
        "annotations": {
            "summary": summary,
            "description": do,
            "runbook": f"{RUNBOOK}#{rule.name.lower()}",
        },
    }
