"""One bin: what it said, what was made of it, and who came."""

from typing import Final

from dashboards import asked, thresholds
from dashboards.board import Board, Choice, Row
from dashboards.boards.operations import BY_PLACE, LEVEL
from dashboards.panels import Column, lines, stat, table
from dashboards.thresholds import PLAIN

_BATTERY: Final = thresholds.battery(asked.RULES)
_TIME: Final = Column("Time", "time", "dateTimeAsLocal")

BIN: Final = Board(
    "bin",
    (
        Row(
            "now",
            (
                stat("bin-level", asked.newest("level_percent"), unit="percent", steps=LEVEL),
                stat("bin-raw", asked.newest("fill_percent"), unit="percent", steps=PLAIN),
                stat("bin-battery", asked.newest("battery_mv"), unit="mvolt", steps=_BATTERY),
                stat("bin-warmth", asked.newest("temperature_c"), unit="celsius", steps=PLAIN),
            ),
        ),
        Row(
            "level",
            (
                lines(
                    "raw-and-filtered",
                    asked.RAW_AND_FILTERED,
                    unit="percent",
                    steps=LEVEL,
                    names={"filtered": "filtered", "raw": "raw"},
                    most=100,
                    width=24,
                ),
                lines("distance", asked.DISTANCE, unit="lengthmm", names={"distance": "distance"}),
                lines(
                    "bin-power",
                    asked.of_bin("battery_mv"),
                    unit="mvolt",
                    names={"battery_mv": "battery"},
                ),
            ),
        ),
        Row(
            "what-happened",
            (
                table(
                    "bin-steps",
                    asked.STEPS_OF_BIN,
                    columns=(
                        _TIME,
                        Column("state", "state", values="state"),
                        Column("reason", "reason", values="reason"),
                        Column("who", "who", values="who"),
                        Column("open_s", "open", "s"),
                    ),
                    width=12,
                ),
                table(
                    "bin-emptyings",
                    asked.EMPTYINGS_OF_BIN,
                    columns=(
                        _TIME,
                        Column("before_percent", "before", "percent"),
                        Column("after_percent", "after", "percent"),
                    ),
                    width=12,
                ),
                table(
                    "bin-faults",
                    asked.FAULTS_OF_BIN,
                    columns=(
                        _TIME,
                        Column("quality", "quality", values="quality"),
                        Column("distance_mm", "distance", "lengthmm"),
                        Column("echoes", "echoes"),
                        Column("spread_mm", "spread", "lengthmm"),
                    ),
                ),
            ),
        ),
    ),
    (*BY_PLACE, Choice("bin", asked.BINS, many=False)),
    since="now-7d",
    marks=(("pickup", asked.PICKUP_MARKS), ("incident", asked.INCIDENT_MARKS)),
)
