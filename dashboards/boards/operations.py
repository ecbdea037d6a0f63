"""Which bins need a truck now, and whether somebody is on the way."""

from typing import Final

from dashboards import asked, thresholds
from dashboards.board import Board, Choice, Row
from dashboards.panels import Column, bars, lines, stat, table, town_map
from dashboards.queries import prometheus
from dashboards.thresholds import PLAIN, any_at_all, rising
from jemput.pickup import State

LEVEL: Final = thresholds.level(asked.RULES)
BY_PLACE: Final = (Choice("site", asked.SITES), Choice("waste", asked.WASTES))
_LEVEL: Final = Column("level", "level", "percent", LEVEL)
_HALTE: Final = Column("halte", "halte")
_BIN_LINK: Final = "/d/jemput-bin?var-bin=${__value.raw}"
_BIN: Final = Column("bin", "bin", link=_BIN_LINK)

OPERATIONS: Final = Board(
    "operations",
    (
        Row(
            "now",
            (
                stat("above-call", asked.ABOVE_CALL, unit="short", steps=rising(1, 50)),
                stat("open-pickups", asked.OPEN_PICKUPS, unit="short", steps=PLAIN),
                stat("escalations", asked.ESCALATED, unit="short", steps=any_at_all()),
                stat("silent", asked.SILENT, unit="short", steps=any_at_all()),
                bars(
                    "pickups-by-state",
                    prometheus(
                        'sum by (state) (jemput_pickups_open{site=~"${site:regex}"})',
                        "number",
                        "{{state}}",
                    ),
                    unit="short",
                    steps=PLAIN,
                    width=8,
                    height=4,
                    labels="state",
                ),
            ),
        ),
        Row(
            "where",
            (
                town_map(
                    "town",
                    asked.LEVEL_BY_BIN,
                    asked.PLACE_BY_BIN,
                    columns=(_LEVEL, _HALTE, _BIN, Column("lat", "lat"), Column("lon", "lon")),
                    join_by="bin",
                ),
                table(
                    "called",
                    asked.CALLED_BINS,
                    asked.LEVEL_BY_BIN,
                    asked.PLACE_BY_BIN,
                    columns=(
                        _HALTE,
                        _BIN,
                        _LEVEL,
                        Column("state", "state", values="state"),
                        Column("since", "since", "dateTimeFromNow"),
                        Column("reason", "reason", values="reason"),
                        Column("collector", "collector"),
                        Column("pickup", "pickup", link="${page}/#pickup/${__value.raw}"),
                    ),
                    join_by="bin",
                    sorted_by="-level",
                ),
            ),
        ),
        Row(
            "day",
            (
                lines(
                    "levels",
                    asked.LEVELS,
                    unit="percent",
                    steps=LEVEL,
                    names={"mean": "mean", "called": "called_share"},
                    most=100,
                ),
                lines(
                    "opened",
                    asked.steps_to((State.REQUESTED,)),
                    unit="short",
                    names={"count": "pickups"},
                ),
            ),
        ),
    ),
    BY_PLACE,
    since="now-24h",
    marks=(("incident", asked.TOWN_MARKS),),
    page=True,
)
