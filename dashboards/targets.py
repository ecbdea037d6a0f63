"""Queries as Grafana's data sources take them."""

from typing import Final

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.queries import Influxql, Query

INFLUX: Final = DataSourceRef("influxdb", "${influx}")
PROMETHEUS: Final = DataSourceRef("prometheus", "${prometheus}")
"""By variables, so that whoever has data sources of other names chooses them."""

ALARMS: Final = 'ALERTS{alertname=~"Jemput.+", alertstate="firing"}'


class InfluxTarget(variants.Dataquery):
    """InfluxQL, which the SDK has no words for."""

    def __init__(self, query: Influxql, ref_id: str) -> None:
        """Take the query and its letter."""
        self.query = query
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        """As Grafana's InfluxDB data source keeps it, written by hand (`rawQuery`)."""
        alias = {"alias": self.query.legend} if self.query.legend else {}
        return {
            "datasource": INFLUX,
            "query": self.query.text,
            "rawQuery": True,
            "refId": self.ref_id,
            "resultFormat": "table" if self.query.shape == "table" else "time_series",
            **alias,
        }


class _Built(builder.Builder[variants.Dataquery]):
    def __init__(self, target: variants.Dataquery) -> None:
        self._target = target

    def build(self) -> variants.Dataquery:
        return self._target


def targets(queries: tuple[Query, ...]) -> list[builder.Builder[variants.Dataquery]]:
    """All queries of a panel, by letters."""
    return [_target(query, chr(ord("A") + index)) for index, query in enumerate(queries)]


class MarkTarget(variants.Dataquery):
    """InfluxQL whose rows are annotations: columns `title` and `text`."""

    def __init__(self, query: str) -> None:
        """Take the query."""
        self.query = query

    def to_json(self) -> dict[str, object]:
        """As Grafana's InfluxDB data source keeps an annotation's query."""
        return {
            "fromAnnotations": True,
            "query": self.query,
            "rawQuery": True,
            "refId": "Anno",
            "textColumn": "text",
            "titleColumn": "title",
        }


def mark(query: str) -> builder.Builder[variants.Dataquery]:
    """The query of an annotation."""
    return _Built(MarkTarget(query))


def alarm_mark() -> builder.Builder[variants.Dataquery]:
    """What fired, from Prometheus' own series of alerts."""
    built = prometheus.Dataquery().expr(ALARMS).datasource(PROMETHEUS).ref_id("Anno")
    return _Built(built.legend_format("{{alertname}}").build())


def source(query: Query) -> DataSourceRef:
    """Of whom a query is asked."""
    return INFLUX if isinstance(query, Influxql) else PROMETHEUS


def _target(query: Query, ref_id: str) -> builder.Builder[variants.Dataquery]:
    if isinstance(query, Influxql):
        return _Built(InfluxTarget(query, ref_id))
    built = prometheus.Dataquery().expr(query.text).datasource(PROMETHEUS).ref_id(ref_id)
    built.legend_format(query.legend or "__auto")
    if query.shape == "series":
        return _Built(built.range().build())
    built.format(PromQueryFormat.TABLE if query.shape == "table" else PromQueryFormat.TIME_SERIES)
    return _Built(built.instant().build())
