"""docs/influxdb.md: its queries run as they stand, and it names every field there is."""

import re
import time
from pathlib import Path

import pytest

from jemput.points import FIELD_QUALITY, FIELDS, MEASUREMENT, TAG_BIN, TAG_DEVICE, UNBOUND, lines
from jemput.reading import Quality, Reading, TimeSource
from jemput.settings import FAMILIAR, variable
from jemput.store.influx_link import Link
from jemput.store.influx_setup import set_up
from jemput.store.influx_writers import writer_for
from tests.influx_servers import own_target
from tests.servers import InfluxDb

PAGE = (Path(__file__).parents[3] / "docs" / "influxdb.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^SELECT .*$", PAGE, re.MULTILINE)


def reading(seq: int, quality: Quality) -> Reading:
    good = quality is Quality.OK
    return Reading(
        device="dev-1",
        boot=1,
        seq=seq,
        at_s=int(time.time()) - 60 * seq,
        time_source=TimeSource.DEVICE,
        quality=quality,
        distance_mm=900 if good else None,
        echoes=5,
        spread_mm=4,
        temperature_c=30,
        battery_mv=3600,
        rssi_dbm=-70,
        tilt_deg=0,
        bin="pasar-delimas-organic",
        fill_percent=90 if good else None,
        level_percent=88 if good else None,
    )


def test_it_names_what_a_point_is_made_of() -> None:
    named = set(re.findall(r"`([^`]+)`", PAGE))
    assert {MEASUREMENT, TAG_BIN, TAG_DEVICE, UNBOUND, FIELD_QUALITY, *FIELDS} <= named
    assert {variable(name) for name in FAMILIAR if name.startswith("influx")} <= named


@pytest.mark.parametrize("query", QUERIES)
async def test_a_query_answers(influxdb: InfluxDb, query: str) -> None:
    target = own_target(influxdb)
    await set_up(target)
    link = await Link.open(target)
    written = (reading(1, Quality.OK), reading(2, Quality.NO_ECHO))
    await writer_for(link).write(lines(written))

    rows = await link.ask(query)

    await link.close()
    assert [row[1] for row in rows] in [[88], [1], [3600]]
