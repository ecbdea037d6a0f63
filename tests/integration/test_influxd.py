"""An `influxd` of our own: found on this machine, kept in one folder, gone afterwards."""

import socket
from pathlib import Path

import pytest

from jemput.cli.influxd import InfluxdError, find_influxd, influx_for
from jemput.store.influx import Influx
from tests.servers import HOST, require


async def test_it_keeps_everything_in_its_folder_and_ends(tmp_path: Path) -> None:
    require("influxd")
    folder = tmp_path / "influxdb"
    with influx_for("auto", folder) as target:
        assert target is not None
        influx = await Influx.open(target)
        await influx.write(b'reading,bin=bin-1,device=dev-1 quality="ok" 1')
        assert await influx.count() == 1
        await influx.close()
        port = int(target.url.rpartition(":")[2])
    assert {one.name for one in folder.iterdir()} >= {"data", "meta", "wal"}
    assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=1)


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (None, "apt-get install influxdb"),
        ("InfluxDB v2.7.1 (git: 1234)", "needs an InfluxDB 1.x, and .* is InfluxDB v2.7.1"),
    ],
)
def test_what_is_no_influxdb_1_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str | None, sentence: str
) -> None:
    if says is not None:
        program = tmp_path / "influxd"
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InfluxdError, match=sentence):
        find_influxd()
