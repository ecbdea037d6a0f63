"""How the devices do: who is silent, whose battery ends, whose echoes lie."""

from typing import Final

from dashboards import asked, thresholds
from dashboards.board import Board, Row
from dashboards.boards.operations import BY_PLACE
from dashboards.panels import Column, bars, lines, stat, table
from dashboards.queries import prometheus
from dashboards.thresholds import PLAIN, any_at_all
from jemput.decisions import IncidentKind
from jemput.reading import Quality

_BATTERY: Final = thresholds.battery(asked.RULES)
_FAULTS: Final = tuple(one for one in Quality if one is not Quality.OK)

FLEET: Final = Board(
    "fleet",
    (
        Row(
            "now",
            (
                stat("heard", asked.HEARD, unit="short", steps=PLAIN),
                stat("fleet-silent", asked.SILENT, unit="short", steps=any_at_all()),
                stat("battery-low", asked.BATTERY_LOW, unit="short", steps=any_at_all()),
                stat(
                    "tilted",
                    asked.open_incidents(IncidentKind.TILT),
                    unit="short",
                    steps=any_at_all(),
                ),
                stat(
                    "hot", asked.open_incidents(IncidentKind.HEAT), unit="short", steps=any_at_all()
                ),
            ),
        ),
        Row(
            "devices",
            (
                table(
                    "weakest",
                    asked.WEAKEST,
                    columns=(
                        Column("device", "device"),
                        Column("battery", "battery", "mvolt", _BATTERY),
                    ),
                    sorted_by="battery",
                    width=12,
                    height=8,
                ),
                lines(
                    "fleet-battery",
                    asked.least("battery"),
                    asked.mean("battery", "batteries"),
                    unit="mvolt",
                    steps=_BATTERY,
                    names={"weak": "weak", "mean": "mean"},
                ),
                lines(
                    "fleet-signal",
                    asked.least("rssi"),
                    asked.mean("rssi", "signals"),
                    unit="dBm",
                    names={"weak": "weak", "mean": "mean"},
                ),
                bars(
                    "firmware",
                    prometheus(
                        'sum by (firmware) (jemput_devices{site=~"${site:regex}"})',
                        "number",
                        "{{firmware}}",
                    ),
                    unit="short",
                    steps=PLAIN,
                ),
                lines("fleet-loss", asked.LOST, unit="short", names={"lost": "lost"}),
            ),
        ),
        Row(
            "echoes",
            (
                lines(
                    "fleet-faults",
                    *(asked.readings_of(one) for one in _FAULTS),
                    unit="short",
                    stacked=True,
                    labels="quality",
                ),
                lines("ghosts", asked.GHOSTS, unit="short", names={"ghosts": "ghosts"}),
            ),
        ),
    ),
    BY_PLACE,
    since="now-7d",
    marks=(("incident", asked.TOWN_MARKS),),
)
