"""What Grafana does with a query before it sends it, and with an answer before a panel shows it.

As its InfluxDB and Prometheus data sources do it: macros by the server, variables by the page.
"""

import json
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from dashboards.queries import Influxql, Promql, Query
from jemput.store.influx import InfluxTarget

ALL: Final = ".*"


@dataclass(frozen=True)
class Asking:
    """The time range, the interval that a panel's width gives, and what is chosen at the top."""

    from_ms: int
    to_ms: int
    interval_s: int = 600
    chosen: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    def fill(self, text: str) -> str:
        """The text as it is sent."""
        for name in ("site", "waste", "bin"):
            value = dict(self.chosen).get(name)
            # What stands for "all" is put in as it is, and a chosen value with its dots escaped.
            pattern = ALL if value is None else _pattern(value)
            text = text.replace(f"${{{name}:regex}}", pattern)
        between = f"time >= {self.from_ms}ms and time <= {self.to_ms}ms"
        text = text.replace("$timeFilter", between)
        text = text.replace("$__rate_interval", f"{4 * self.interval_s}s")
        text = text.replace("$__range", f"{(self.to_ms - self.from_ms) // 1000}s")
        return text.replace("$__interval", f"{self.interval_s}s")


def _pattern(value: str | tuple[str, ...]) -> str:
    """One chosen value, or several of them, as `:regex` puts them in."""
    if isinstance(value, tuple):
        return f"({'|'.join(map(_pattern, value))})"
    return re.escape(value).replace("\\-", "-")


@dataclass(frozen=True)
class Frame:
    """Columns of one series or table."""

    name: str
    columns: dict[str, list[Any]]

    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), []))


def ask(where: str | InfluxTarget, query: Query, asking: Asking) -> list[Frame]:
    """The frames of a query: one of a table, else one for each series."""
    if isinstance(query, Influxql):
        series = influx_series(where, asking.fill(query.text))
        return [_influx_table(series)] if query.shape == "table" else _influx_lines(series, query)
    assert isinstance(where, str)
    return _prometheus(where, query, asking)


def influx_series(where: str | InfluxTarget, text: str) -> list[dict[str, Any]]:
    """Series as InfluxDB answers them; an error is raised in its own words."""
    target = InfluxTarget(where, "", "", "jemput") if isinstance(where, str) else where
    asked = {"db": target.bucket, "epoch": "ms", "q": text}
    body = _get(target.at("/query"), asked, target.token)
    (result,) = body["results"]
    assert "error" not in result, f"{result.get('error')}: {text}"
    series: list[dict[str, Any]] = result.get("series", [])
    return series


def _influx_table(series: list[dict[str, Any]]) -> Frame:
    """One frame: time, tags, columns; a row of each series after the other."""
    columns: dict[str, list[Any]] = {}
    for one in series:
        for row in one["values"]:
            cells = {**dict(zip(one["columns"], row, strict=True)), **one.get("tags", {})}
            cells["Time"] = cells.pop("time")
            for name, value in cells.items():
                columns.setdefault(name, []).append(value)
    return Frame("table", columns)


def _influx_lines(series: list[dict[str, Any]], query: Influxql) -> list[Frame]:
    """A frame for each column of each series, named by the alias."""
    return [
        Frame(
            _legend(query.legend, one, name),
            {
                "Time": [row[0] for row in one["values"]],
                "Value": [row[index] for row in one["values"]],
            },
        )
        for one in series
        for index, name in enumerate(one["columns"])
        if name != "time"
    ]


def _legend(alias: str, series: dict[str, Any], column: str) -> str:
    if not alias:
        return f"{series['name']}.{column}"
    alias = alias.replace("$col", column)
    return re.sub(r"\[\[tag_(\w+)\]\]", lambda found: str(series["tags"][found[1]]), alias)


def _prometheus(url: str, query: Promql, asking: Asking) -> list[Frame]:
    asked = {"query": asking.fill(query.text)}
    if query.shape == "series":
        times = {"start": asking.from_ms / 1000, "end": asking.to_ms / 1000}
        body = _get(f"{url}/api/v1/query_range", {**asked, **times, "step": asking.interval_s})
    else:
        body = _get(f"{url}/api/v1/query", {**asked, "time": asking.to_ms / 1000})
    return [
        Frame(_labelled(query.legend, one["metric"]), _values(one))
        for one in body["data"]["result"]
    ]


def _values(one: dict[str, Any]) -> dict[str, list[Any]]:
    values = one["values"] if "values" in one else [one["value"]]
    return {"Time": [at for at, _ in values], "Value": [float(value) for _, value in values]}


def _labelled(legend: str, labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels[found[1]], legend)


def _get(url: str, asked: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Token {token}"} if token else {}
    request = urllib.request.Request(f"{url}?{urllib.parse.urlencode(asked)}", headers=headers)  # noqa: S310 - a server that a test names
    with urllib.request.urlopen(request, timeout=60) as said:  # noqa: S310 - as above
        body: dict[str, Any] = json.load(said)
    return body


def joined(frames: list[Frame], by: str) -> list[dict[str, Any]]:
    """Rows of all frames, inner joined, as the transformation does it."""
    tables = [{row[by]: row for row in _as_rows(frame)} for frame in frames]
    common = set.intersection(*(set(one) for one in tables))
    return [
        {name: value for one in tables for name, value in one[key].items()}
        for key in sorted(common)
    ]


def _as_rows(frame: Frame) -> list[dict[str, Any]]:
    return [
        {name: values[index] for name, values in frame.columns.items()}
        for index in range(frame.rows())
    ]
