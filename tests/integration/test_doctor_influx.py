"""The doctor about InfluxDB: what is wrong with it, and what mends that."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from jemput.cli.doctor.finding import Finding, Health
from jemput.cli.doctor.influx import influx
from jemput.store.influx import Influx, InfluxTarget
from tests.influx_dialects import READS
from tests.influx_servers import SERVERS, any_target, made_where_it_may, own_name
from tests.servers import HOST, free_port

FRONTS = [one for one in SERVERS if one.startswith("like-")]


@pytest.fixture(params=SERVERS)
def target(request: pytest.FixtureRequest) -> Iterator[InfluxTarget]:
    with any_target(request) as target:
        asyncio.run(made_where_it_may(target))
        yield target


def told(target: InfluxTarget | None) -> Finding:
    (found,) = influx(target)
    return found


async def everything(target: InfluxTarget) -> int:
    opened = await Influx.open(target, make=False)
    try:
        return await opened.count()
    finally:
        await opened.close()


def test_what_is_well_is_said_and_nothing_is_written(target: InfluxTarget) -> None:
    before = asyncio.run(everything(target))

    found = told(target)

    assert found.health is Health.GOOD, found
    assert f"readings of the last day in {target.bucket}, and takes more" in found.sentence
    assert asyncio.run(everything(target)) == before


def test_a_bucket_that_is_missing_is_made_by_setup(target: InfluxTarget) -> None:
    found = told(replace(target, bucket=own_name()))

    assert found.health is Health.BAD
    assert "not found" in found.sentence
    assert "jemput influx setup" in str(found.remedy)


@pytest.mark.parametrize("target", FRONTS, indirect=True)
@pytest.mark.parametrize(
    ("token", "status", "remedy"),
    [("wrong", "401", "check JEMPUT_INFLUX_TOKEN"), (READS, "403", "the right to write jemput")],
)
def test_who_may_not_is_told_what_is_missing(
    target: InfluxTarget, token: str, status: str, remedy: str
) -> None:
    found = told(replace(target, token=token))

    assert found.health is Health.BAD
    assert status in found.sentence
    assert found.remedy is not None
    assert remedy in found.remedy or "JEMPUT_INFLUX_URL" in found.remedy  # 3 says no version then


def test_who_is_not_there_is_to_be_started() -> None:
    found = told(InfluxTarget(f"http://{HOST}:{free_port()}", "", "", "jemput"))

    assert found.health is Health.BAD
    assert str(found.remedy).startswith("start it")
    assert told(None).health is Health.GOOD
