"""Real firmware, a real broker, a real ingester, and an operator who never leaves the office."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jemput.broker.account import INGEST, device_user, ingest_user
from jemput.broker.config import NatsSettings
from jemput.broker.nats import NatsServer
from jemput.broker.ports import free_port
from jemput.cli.remote.update import read_key
from jemput.remote import update
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.store.statuses import Heard, Statuses
from tests import command
from tests.builders import town
from tests.firmware import releases
from tests.firmware.device import DeskDevice
from tests.integration.test_serving import ear_is_on, running, wait_for
from tests.servers import HOST

PASSWORD = "a-password-for-tests"  # noqa: S105 - of servers that live for a second
NAMES = ("d-b1", "d-b2")
PATIENCE_S = 240
NEXT_WAKE_S = 0.3
NEXT_TRIAL_S = 5.0
"""A board sleeps ten seconds at least, and acknowledgements come every thirty."""


class Town:
    """Two devices on the desk, and what an operator can do."""

    def __init__(self, folder: Path, url: str, port: int) -> None:
        self.folder = folder
        self.url = url
        self.key = folder / "town.key"
        self.jemput("update", "new-key", self.key, database=False)
        keys = {one: update.device_key(read_key(self.key), one).hex() for one in NAMES}
        self.devices = {
            one: DeskDevice(
                folder / one, port, device=one, site="coblong", host=HOST, update_key=keys[one]
            )
            for one in NAMES
        }
        for device in self.devices.values():
            device.configure(report_every_s=900)
            releases.install(device.folder / "flash", releases.source())

    def jemput(self, *arguments: object, database: bool = True) -> str:
        """`jemput device …`."""
        rest = ("--database", self.url, "--group", "main") if database else ()
        said = command.jemput("device", *arguments, *rest)
        assert said.returncode == 0, said.stderr
        return said.stdout

    def heard(self, device: str) -> Heard | None:
        """What the host knows of a device."""
        engine = open_database(self.url)
        found = Statuses(engine, "main").all().get(device)
        engine.dispose()
        return found

    def is_on_trial(self, device: str) -> bool:
        """Whether every report of it is counted."""
        heard = self.heard(device)
        update = heard.said.update if heard else None
        return update is not None and update[1] in {"trial", "on-trial"}

    def wake_until(self, device: str, is_so: Callable[[], bool]) -> dict[str, Any]:
        """Wake after wake of one device, until it is so."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            outcome = self.devices[device].wake(password=PASSWORD)
            if is_so():
                return outcome
            time.sleep(NEXT_TRIAL_S if self.is_on_trial(device) else NEXT_WAKE_S)
        raise AssertionError(self.jemput("status"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Town]:
    url = f"sqlite:///{tmp_path / 'jemput.db'}"
    engine = open_database(url)
    create_tables(engine)
    RegistryStore(engine, "main").change(town(("b1", "b2")), by="test", now_ms=0)
    engine.dispose()
    port = free_port()
    told = {
        "JEMPUT_DATABASE_URL": url,
        "JEMPUT_MQTT_PORT": str(port),
        "JEMPUT_MQTT_USERNAME": INGEST,
        "JEMPUT_MQTT_PASSWORD": PASSWORD,
    }
    users = [ingest_user(PASSWORD), *(device_user(one, PASSWORD) for one in NAMES)]
    with NatsServer(NatsSettings(tmp_path / "broker", port), users), running("ingest", told):
        wait_for(lambda: ear_is_on(told))
        yield Town(tmp_path, url, port)


@pytest.mark.timeout(300)
def test_a_configuration_and_a_command_reach_a_sleeper_and_the_answer_comes_back(
    desk: Town,
) -> None:
    desk.wake_until("d-b1", lambda: desk.heard("d-b1") is not None)
    assert desk.jemput("config", "--device", "d-b1") == "d-b1  told nothing; runs version 1\n"
    desk.jemput("config", "pings=5", "--bin", "b1")
    desk.jemput("command", "locate", "--site", "coblong")

    def has_answered() -> bool:
        heard = desk.heard("d-b1")
        assert heard is not None
        return heard.said.config == 2 and heard.said.commands == ((1, "done"),)

    desk.wake_until("d-b1", has_answered)
    assert (desk.devices["d-b1"].folder / "located").read_text() == "1"
    assert desk.jemput("config", "--device", "d-b1").startswith("d-b1  told version 2: pings=5; ")
    assert "command 1 done" in desk.jemput("status")
    listed = json.loads(desk.jemput("status", "--json"))
    assert listed[0]["heard"]["said"]["firmware"] == "0.1.0"


@pytest.mark.timeout(600)
def test_a_release_goes_to_one_device_and_to_the_next_once_that_is_back(
    desk: Town, tmp_path: Path
) -> None:
    for name in NAMES:
        desk.wake_until(name, lambda name=name: desk.heard(name) is not None)  # type: ignore[misc]
    releases.install(tmp_path, releases.source("9.1"), slot="release")
    said = desk.jemput(
        "update", "publish", tmp_path / "release", "--key", desk.key, "--all", "--first", "1"
    )
    assert said.startswith("release 1 (9.1, ")
    assert ": 1 then 1 devices; 0 not heard" in said

    def runs_it(name: str) -> bool:
        heard = desk.heard(name)
        return heard is not None and (heard.said.release, heard.said.update) == (1, None)

    desk.devices["d-b2"].wake(password=PASSWORD)
    assert not desk.is_on_trial("d-b2"), "it was told before the first was back"
    desk.wake_until("d-b1", lambda: runs_it("d-b1"))
    wait_for(lambda: "stage 2 of 2" in desk.jemput("update", "list"))
    desk.wake_until("d-b2", lambda: desk.is_on_trial("d-b2"))

    heard = desk.heard("d-b1")
    assert heard is not None
    assert heard.said.firmware == "9.1"
