"""`jemput ingest` and `jemput api` with InfluxDB in the settings: kept there, read from there."""

import json
from pathlib import Path
from urllib.error import HTTPError

import pytest
from sqlalchemy import func, select

from jemput.broker.account import device_user, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.store.database import open_database
from jemput.store.registry import RegistryStore
from jemput.store.schema import history
from tests.builders import town
from tests.integration import test_serving
from tests.integration.test_serving import DEVICE, PASSWORD, ask, running, say_full, wait_for
from tests.servers import InfluxDb

told = test_serving.told
READINGS = "/v1/bins/b1/readings"


def test_readings_are_kept_in_influxdb_and_only_there(
    told: dict[str, str], tmp_path: Path, influxdb: InfluxDb
) -> None:
    engine = open_database(told["JEMPUT_DATABASE_URL"])
    RegistryStore(engine, "main").change(town(), by="test", now_ms=0)
    users = [ingest_user(PASSWORD), device_user(DEVICE, PASSWORD)]
    broker = NatsServer(NatsSettings(tmp_path / "broker", int(told["JEMPUT_MQTT_PORT"])), users)
    told |= {"JEMPUT_INFLUX_URL": influxdb.url, "JEMPUT_INFLUX_BUCKET": "town"}

    with broker, running("ingest", told), running("api", told):
        wait_for(lambda: ", entry " in str(ask(told, "/readyz")))  # its ear is on
        say_full(told, 1)
        say_full(told, 2)
        wait_for(lambda: len(ask(told, READINGS)["readings"]) == 2)  # type: ignore[arg-type] # a list

        influxdb.kill()
        say_full(told, 3)
        wait_for(lambda: bool(ask(told, "/v1/pickups")["pickups"]))
        with pytest.raises(HTTPError) as caught:
            ask(told, READINGS)
        assert json.load(caught.value)["type"] == "/problems/history-down"
        caught.value.close()

        influxdb.start()
        wait_for(lambda: len(ask(told, READINGS)["readings"]) == 3)  # type: ignore[arg-type] # a list
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(history)).scalar_one() == 0
