"""InfluxQL of the town, in one place, summed up in the server: 10,000 bins are few rows."""

from typing import Final

from dashboards.queries import PLACE, Influxql, Shape, influx
from jemput.decisions import AlertKind, IncidentKind
from jemput.facts import STEP
from jemput.pickup import State
from jemput.policy import Policy
from jemput.reading import Quality
from jemput.summary import SUMMARY

HERE: Final = f"$timeFilter AND {PLACE}"
AT_SITE: Final = "$timeFilter AND site =~ /^${site:regex}$/"
THIS_BIN: Final = "$timeFilter AND bin =~ /^${bin:regex}$/"
RULES: Final = Policy()
ESCALATIONS: Final = (AlertKind.UNSERVED, AlertKind.EXPIRED, AlertKind.ACCEPTED_NOT_COLLECTED)
OF_A_TOWN: Final = (IncidentKind.SITE_SILENCE, IncidentKind.HEAT)
"""Incidents that explain what a whole board shows; those of single bins would cover it."""
MISSED: Final = (State.EXPIRED, State.FAILED)
BY_TIME: Final = "GROUP BY time($__interval)"
BY_WEEK: Final = "GROUP BY time(7d)"

SITES: Final = 'SHOW TAG VALUES FROM "bin" WITH KEY = "site"'
WASTES: Final = 'SHOW TAG VALUES FROM "bin" WITH KEY = "waste" WHERE site =~ /^${site:regex}$/'
BINS: Final = f'SHOW TAG VALUES FROM "bin" WITH KEY = "bin" WHERE {PLACE}'
"""Bins say every six hours where they stand, so InfluxDB 3 lists the quiet ones, too."""


def one_of(states: tuple[State, ...]) -> str:
    """Steps to one of some states."""
    return f"state =~ /^({'|'.join(one.value for one in states)})$/"


def at(source: str, where: str = HERE) -> str:
    """FROM and WHERE."""
    return f"FROM {source} WHERE {where}"


def last_of(field: str, source: str, by: str, where: str = HERE, *, also: str = "") -> str:
    """The newest value for each tag, as a subquery's `{field}`."""
    return f"(SELECT last({field}) AS {field}{also} {at(source, where)} GROUP BY {by})"


def count_where(field: str, source: str, by: str, condition: str, where: str = HERE) -> Influxql:
    """For how many of `by` the newest value fits."""
    inner = last_of(field, source, by, where)
    # The outer query reads the whole time again: without bounds 1.x takes all that ever was.
    return influx(f"SELECT count({field}) FROM {inner} WHERE $timeFilter AND {condition}", "number")


def open_incidents(kind: IncidentKind) -> Influxql:
    """How many bins are in an incident now."""
    return count_where(
        "is_open", "incident", "scope", "is_open = 1", f"{AT_SITE} AND kind = '{kind.value}'"
    )


def steps_to(states: tuple[State, ...], how: str = BY_TIME, shape: Shape = "series") -> Influxql:
    """How many pickups came to a state."""
    where = f"{HERE} AND {one_of(states)}"
    return influx(f"SELECT count(open_s) {at(STEP, where)} {how} fill(0)", shape, "$col")


OPEN_PICKUPS: Final = count_where("is_open", "pickup", "bin", "is_open = 1")
ABOVE_CALL: Final = count_where("above_call", "reading", "bin", "above_call = 1")
SILENT: Final = open_incidents(IncidentKind.SILENCE)
ESCALATED: Final = influx(
    f"SELECT count(alert_key) {at('alert', AT_SITE)} AND "
    f"kind =~ /^({'|'.join(one.value for one in ESCALATIONS)})$/",
    "number",
)
LEVEL_BY_BIN: Final = influx(
    f"SELECT last(level_percent) AS level {at('reading')} GROUP BY bin", "table", "", "bin level"
)
PLACE_BY_BIN: Final = influx(
    "SELECT lat, lon, call, halte FROM "
    "(SELECT last(in_use) AS in_use, lat, lon, call_percent AS call, halte_name AS halte"
    f" {at('bin')} GROUP BY bin) WHERE $timeFilter AND in_use = 1 GROUP BY bin",
    "table",
    "",
    "bin lat lon call halte",
)
CALLED_BINS: Final = influx(
    "SELECT pickup, state, since, reason, collector FROM "
    "(SELECT last(is_open) AS is_open, pickup, state, opened_ms AS since, reason, collector"
    f" {at('pickup')} GROUP BY bin) WHERE $timeFilter AND is_open = 1 GROUP BY bin",
    "table",
    "",
    "bin pickup state since reason collector",
)
LEVELS: Final = influx(
    "SELECT sum(level_sum) / sum(levels) AS mean, 100 * sum(above_call) / sum(levels) AS called"
    f" {at(SUMMARY)} {BY_TIME} fill(none)",
    legend="$col",
)

RAW_AND_FILTERED: Final = influx(
    "SELECT mean(fill_percent) AS raw, mean(level_percent) AS filtered "
    f"{at('reading', THIS_BIN)} {BY_TIME} fill(none)",
    legend="$col",
)
DISTANCE: Final = influx(
    f"SELECT mean(distance_mm) AS distance {at('reading', THIS_BIN)} {BY_TIME} fill(none)",
    legend="$col",
)
FAULTS_OF_BIN: Final = influx(
    f"SELECT quality, distance_mm, echoes, spread_mm {at('reading', THIS_BIN)}"
    f" AND quality != '{Quality.OK.value}' ORDER BY time DESC LIMIT 100",
    "table",
    "",
    "Time quality distance_mm echoes spread_mm",
)
EMPTYINGS_OF_BIN: Final = influx(
    f"SELECT before_percent, after_percent {at('emptying', THIS_BIN)} ORDER BY time DESC LIMIT 100",
    "table",
    "",
    "Time before_percent after_percent",
)
STEPS_OF_BIN: Final = influx(
    f"SELECT state, reason, who, open_s {at('pickup', THIS_BIN)} AND step = 1"
    " ORDER BY time DESC LIMIT 100",
    "table",
    "",
    "Time state reason who open_s",
)
PICKUP_MARKS: Final = f"SELECT state AS title, reason AS text {at('pickup', THIS_BIN)} AND step = 1"
INCIDENT_MARKS: Final = (
    "SELECT detail AS title, detail AS text FROM incident WHERE $timeFilter"
    " AND scope =~ /^${bin:regex}$/ AND step = 1 AND is_open = 1"
)

TOWN_MARKS: Final = (
    "SELECT scope AS title, detail AS text FROM incident WHERE "
    f"{AT_SITE} AND kind =~ /^({'|'.join(one.value for one in OF_A_TOWN)})$/"
    " AND step = 1 AND is_open = 1"
)


def newest(field: str) -> Influxql:
    """The newest value of this bin."""
    return influx(f"SELECT last({field}) {at('reading', THIS_BIN)}", "number")


def of_bin(field: str) -> Influxql:
    """A value of this bin over time."""
    return influx(
        f"SELECT mean({field}) AS {field} {at('reading', THIS_BIN)} {BY_TIME} fill(none)",
        legend="$col",
    )


def least(field: str) -> Influxql:
    """The least value of all devices over time."""
    return influx(
        f"SELECT min({field}_min) AS weak {at(SUMMARY)} {BY_TIME} fill(none)", legend="$col"
    )


def mean(field: str, count: str) -> Influxql:
    """The mean of all devices over time, of those that said it."""
    return influx(
        f"SELECT sum({field}_sum) / sum({count}) AS mean {at(SUMMARY)} {BY_TIME} fill(none)",
        legend="$col",
    )


BATTERY_LOW: Final = count_where(
    "battery_mv", "reading", "device", f"battery_mv < {RULES.battery_low_mv}"
)
HEARD: Final = count_where("battery_mv", "reading", "device", "battery_mv > 0")
LOST: Final = influx(f"SELECT sum(readings) AS lost {at('loss')} {BY_TIME} fill(0)", legend="$col")
GHOSTS: Final = influx(
    f"SELECT sum(ghosts) AS ghosts {at(SUMMARY)} {BY_TIME} fill(0)", legend="$col"
)
WEAKEST: Final = influx(
    "SELECT bottom(battery_mv, 50) AS battery, device FROM "
    f"{last_of('battery_mv', 'reading', 'device')} WHERE $timeFilter",
    "table",
    "",
    "battery device",
)


def readings_of(quality: Quality) -> Influxql:
    """How many readings are of a quality."""
    return influx(
        f"SELECT sum({quality.value}) AS {quality.value} {at(SUMMARY)} {BY_TIME} fill(0)",
        legend="$col",
    )


COLLECTED: Final = f"{HERE} AND {one_of((State.COLLECTED,))}"
RESPONSE: Final = influx(f"SELECT median(open_s) {at(STEP, COLLECTED)}", "number")
RESPONSE_BY_WEEK: Final = influx(
    f"SELECT median(open_s) AS median, percentile(open_s, 90) AS slow {at(STEP, COLLECTED)} "
    f"{BY_WEEK} fill(none)",
    legend="$col",
)
VERIFIED: Final = influx(f"SELECT mean(verified) {at(STEP)}", "number")
VERIFIED_BY_WEEK: Final = influx(
    f"SELECT mean(verified) AS verified {at(STEP)} {BY_WEEK} fill(none)",
    legend="$col",
)
FULL_SHARE: Final = influx(
    f"SELECT sum(overflowing) AS full {at(SUMMARY)} {BY_WEEK} fill(0)", legend="$col"
)


def response_by(tag: str) -> Influxql:
    """Median response for each site or kind of waste."""
    return influx(
        f"SELECT median(open_s) {at(STEP, COLLECTED)} GROUP BY {tag}",
        "number",
        f"[[tag_{tag}]]",
    )


def missed_by(tag: str) -> Influxql:
    """How many were missed for each site or kind of waste."""
    where = f"{HERE} AND {one_of(MISSED)}"
    return influx(
        f"SELECT count(open_s) {at(STEP, where)} GROUP BY {tag}", "number", f"[[tag_{tag}]]"
    )
