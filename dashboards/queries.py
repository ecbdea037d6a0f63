"""Queries as data: what is asked, of whom, and the shape of what comes back."""

import re
from typing import Final, Literal

from msgspec import Struct

Shape = Literal["series", "table", "number"]
"""Lines over time; rows of columns; one value, or one for each label."""


class Influxql(Struct, frozen=True):
    """Asked of InfluxDB 1.6 and newer, 2 and 3. `legend` is an alias: `[[tag_site]]`, `$col`."""

    text: str
    shape: Shape
    legend: str = ""
    columns: tuple[str, ...] = ()
    """Of a table: those that its panel needs."""


class Promql(Struct, frozen=True):
    """Asked of Prometheus, which hears of the pipeline from /metrics. `legend`: `{{site}}`."""

    text: str
    shape: Shape
    legend: str = ""
    columns: tuple[str, ...] = ()


Query = Influxql | Promql
VARIABLES: Final = frozenset({"site", "waste", "bin"})
MACROS: Final = frozenset({"timeFilter", "__interval", "__rate_interval", "__range", "__from"})
_USED: Final = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))")


class BadQueryError(ValueError):
    """A query that Grafana would send as nonsense; the message says what is wrong with it."""


def check(query: Query) -> None:
    """Raise `BadQueryError` for a name Grafana does not fill in, or a query without bounds."""
    for braced, bare in _USED.findall(query.text):
        name = braced or bare
        if name not in VARIABLES | MACROS:
            raise BadQueryError(f"${name} is neither a macro nor one of {sorted(VARIABLES)}")
    if isinstance(query, Influxql) and "$timeFilter" not in query.text:
        raise BadQueryError(f"it reads all that was ever written; add $timeFilter: {query.text}")
    if query.shape == "table" and not query.columns:
        raise BadQueryError(f"a table names the columns its panel needs: {query.text}")


PLACE: Final = "site =~ /^${site:regex}$/ AND waste =~ /^${waste:regex}$/"
"""Points of the chosen sites and kinds of waste."""


def influx(text: str, shape: Shape = "series", legend: str = "", columns: str = "") -> Influxql:
    """A query of points in the chosen time; `columns` are words apart by blanks."""
    return Influxql(text, shape, legend, tuple(columns.split()))


def prometheus(text: str, shape: Shape = "series", legend: str = "") -> Promql:
    """A query of the pipeline's metrics."""
    return Promql(text, shape, legend)
