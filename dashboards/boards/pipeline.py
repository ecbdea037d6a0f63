"""Whether what bins say arrives: from Prometheus alone, so that it works while InfluxDB is down."""

from typing import Final

from dashboards.board import Board, Row
from dashboards.palette import ACT, WELL
from dashboards.panels import bars, lines, stat
from dashboards.queries import prometheus as ask
from dashboards.rules import SILENT_S, STALLED_S
from dashboards.thresholds import Step, any_at_all, rising, steps

MINUTE_S: Final = 60
HOUR_S: Final = 3600
UP: Final = steps(Step(None, ACT), Step(1, WELL))
WAITS: Final = rising(MINUTE_S, STALLED_S)
SILENT: Final = rising(STALLED_S, SILENT_S)

_NOW: Final = Row(
    "now",
    (
        stat(
            "database-up",
            ask("min(jemput_database_up)", "number"),
            unit="bool_yes_no",
            steps=UP,
            values="yes-no",
        ),
        stat(
            "broker-up",
            ask("min(jemput_broker_up)", "number"),
            unit="bool_yes_no",
            steps=UP,
            values="yes-no",
        ),
        stat(
            "journal-age", ask("max(jemput_journal_age_seconds)", "number"), unit="s", steps=SILENT
        ),
        stat("sinks-behind", ask("max(jemput_sink_lag_seconds)", "number"), unit="s", steps=WAITS),
        stat(
            "alerts-late", ask("max(jemput_outbox_late_seconds)", "number"), unit="s", steps=WAITS
        ),
        stat(
            "alerts-given-up",
            ask("sum(jemput_outbox_given_up)", "number"),
            unit="short",
            steps=any_at_all(),
        ),
    ),
)
_INTAKE: Final = Row(
    "intake",
    (
        lines(
            "received",
            ask("sum(rate(jemput_journal_readings_total[$__rate_interval]))", legend="readings"),
            ask("sum(rate(jemput_journal_duplicates_total[$__rate_interval]))", legend="doubles"),
            unit="cps",
            names={"readings": "readings", "doubles": "duplicates"},
        ),
        lines(
            "not-taken",
            ask("sum(increase(jemput_journal_quarantined_total[$__interval]))", legend="aside"),
            ask("sum(increase(jemput_journal_lost_total[$__interval]))", legend="lost"),
            unit="short",
            names={"aside": "quarantined", "lost": "lost"},
        ),
        lines(
            "committed",
            ask("sum(rate(jemput_journal_entries_total[$__rate_interval]))", legend="entries"),
            unit="cps",
            names={"entries": "entries"},
        ),
        stat(
            "quarantine",
            ask("sum(jemput_quarantine_messages)", "number"),
            unit="short",
            steps=rising(1, 1000),
            height=8,
        ),
        stat(
            "inbox",
            ask("sum(jemput_inbox_waiting)", "number"),
            unit="short",
            steps=rising(10, 500),
            height=8,
        ),
        stat(
            "takeovers",
            ask("sum(changes(jemput_journal_epoch[$__range]))", "number"),
            unit="short",
            steps=rising(1, 5),
            height=8,
        ),
    ),
)
_BEHIND: Final = Row(
    "behind",
    (
        lines(
            "sink-lag",
            ask("max by (sink) (jemput_sink_lag_seconds)", legend="{{sink}}"),
            unit="s",
            steps=WAITS,
        ),
        bars(
            "sink-entries",
            ask("max by (sink) (jemput_sink_lag_entries)", "number", "{{sink}}"),
            unit="short",
            steps=rising(100, 1000),
        ),
        lines(
            "outbox",
            ask("sum(jemput_outbox_waiting)", legend="waiting"),
            ask("sum(jemput_outbox_given_up)", legend="given up"),
            unit="short",
            names={"waiting": "waiting", "given up": "given_up"},
        ),
        lines(
            "checkpoint-age",
            ask("max(jemput_checkpoint_age_seconds)", legend="age"),
            unit="s",
            steps=rising(MINUTE_S, HOUR_S),
            names={"age": "checkpoint"},
        ),
    ),
)
_API: Final = Row(
    "api",
    (
        lines(
            "api-requests",
            ask(
                "sum by (status) (rate(jemput_api_requests_total[$__rate_interval]))",
                legend="{{status}}",
            ),
            unit="reqps",
        ),
        lines(
            "api-seconds",
            ask(
                "histogram_quantile(0.95, sum by (le)"
                " (rate(jemput_api_request_seconds_bucket[$__rate_interval])))",
                legend="p95",
            ),
            unit="s",
            steps=rising(0.5, 2.5),
            names={"p95": "slowest"},
        ),
    ),
)

PIPELINE: Final = Board(
    "pipeline",
    (_NOW, _INTAKE, _BEHIND, _API),
    since="now-6h",
    refresh="30s",
    alarms=True,
)
