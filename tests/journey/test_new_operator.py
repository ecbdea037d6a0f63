"""A new operator sets up a town without the demo, from `jemput init` to a restored backup."""

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import aiomqtt
import httpx

from firmware.payload import encode_message, reading_topic
from jemput.broker.ports import LOOPBACK, free_port
from tests.servers.process import wait_until

JEMPUT: Final = Path(sys.executable).parent / "jemput"
LONG_S: Final = 60
SITE: Final = "lubuk-pakam"
GOOD: Final = 800
BAD: Final = {
    "Halte X,organic,h-1,wheelie-240": "no id",
    "bad-1,,h-1,wheelie-240": "waste is empty",
    "bad-2,organic,h-1,barrel": "no bin_type is called",
    "bad-3,organic,h-new,wheelie-240": "has no position",
    "b-1,organic,h-1,wheelie-240": "stands in the file before",
}
"""Rows that cannot be taken, by what is said of them; each stands twice in the file."""


def bins_file(folder: Path) -> Path:
    """A spreadsheet of 800 bins at 200 haltes, with ten bad rows in it."""
    good = [
        f"b-{n},organic,h-{n // 4},{SITE},{3.55 + n // 4 * 1e-4:.4f},98.87,wheelie-240"
        for n in range(GOOD)
    ]
    bad = []
    for row in BAD:
        bin_id, waste, halte, bin_type = row.split(",")
        bad.append(f"{bin_id},{waste},{halte},{SITE},,,{bin_type}")
    file = folder / "bins.csv"
    header = "bin,waste,halte,site,lat,lon,bin_type"
    file.write_text("\n".join([header, *good, *bad, *bad]) + "\n")
    return file


class Operator:
    """Somebody at a console in the folder that `jemput init` made."""

    def __init__(self, folder: Path, *flags: str) -> None:
        """Set a town up, on free ports; note what is shown once."""
        self.folder = folder / "town"
        self.mqtt_port, self.api_port = free_port(), free_port()
        ports = ("--mqtt-port", str(self.mqtt_port), "--api-port", str(self.api_port))
        said = self("init", self.folder, "--yes", "--host", LOOPBACK, *ports, *flags)
        self.key = re.findall(r"jk_\S+", said)[0]
        self.tls = ssl.create_default_context(cafile=self.folder / "tls" / "ca.crt")

    def __call__(self, *arguments: object, status: int = 0) -> str:
        """Run a command; what it printed."""
        done = subprocess.run(
            [JEMPUT, *map(str, arguments)],
            env=self._told,
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    @contextmanager
    def running(self, command: str) -> Iterator[None]:
        """A part of the system, in a process of its own, ended in good order."""
        with (self.folder / f"{command}.log").open("wb") as log:
            process = subprocess.Popen([JEMPUT, command], env=self._told, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(LONG_S) == 0

    def api(self, **auth: Any) -> httpx.Client:  # noqa: ANN401 - as httpx takes it
        """The API as somebody uses it: by the operator's key unless they say who they are."""
        headers = {} if auth else {"Authorization": f"Bearer {self.key}"}
        url = f"https://{LOOPBACK}:{self.api_port}"
        return httpx.Client(base_url=url, verify=self.tls, headers=headers, timeout=30, **auth)

    @property
    def _told(self) -> dict[str, str]:
        return os.environ | {"JEMPUT_SETTINGS": str(self.folder / "jemput.env")}


def eventually(look: Callable[[], Any], what: str) -> Any:  # noqa: ANN401 - whatever is looked for
    """What is found once something is."""
    found: list[Any] = []

    def is_found() -> bool:
        try:
            found[:] = [look()]
        except (httpx.HTTPError, OSError):
            return False
        return bool(found[0])

    wait_until(is_found, LONG_S, what)
    return found[0]


async def speak(operator: Operator, device: str, password: str) -> None:
    """A device says that its bin is full: over TLS, by the password that was printed."""
    now_s = int(time.time())
    readings = [
        {
            "boot": 1,
            "seq": number,
            "at": now_s - 600 * (6 - number),
            "clock": "ntp",
            "quality": "ok",
            "distance_mm": 130,
            "echoes": 9,
            "spread_mm": 3,
        }
        for number in range(1, 7)
    ]
    async with aiomqtt.Client(
        LOOPBACK,
        operator.mqtt_port,
        username=device,
        password=password,
        tls_context=operator.tls,
    ) as client:
        for one in readings:
            payload = encode_message([one], [(1, one["seq"])])
            await client.publish(reading_topic(SITE, device), payload, qos=1)


def people(operator: Operator) -> str:
    """A collector with a zone and an account; their password."""
    haltes = [f"h-{number}" for number in range(GOOD // 4)]
    with operator.api() as api:
        for kind, one in (
            ("zones", {"id": "pusat", "name": "Pusat", "haltes": haltes}),
            ("collectors", {"id": "budi", "name": "Budi", "zones": ["pusat"]}),
        ):
            made = api.post(f"/v1/{kind}", json=one)
            assert made.status_code == 201, made.text
    return operator("account", "put", "budi", "--role", "collector").split()[-1]


def everything(operator: Operator, database: str) -> list[str]:
    """What a database says of town, people, journal and pickups."""
    asked = (
        ("registry", "export"),
        ("account", "list", "--json"),
        ("key", "list", "--json"),
        ("device", "list", "--json"),
        ("audit", "--json"),
        ("pickups", "--json"),
        ("journal", "export"),
    )
    return [operator(*one, "--database", database) for one in asked]


def test_from_nothing_to_a_verified_backup(tmp_path: Path) -> None:
    operator = Operator(tmp_path)

    told = json.loads(operator("registry", "import", bins_file(tmp_path), "--json", status=1))
    assert (told["changed"], len(told["refused"])) == (GOOD, 2 * len(BAD))
    for row, wrong in zip(told["refused"], list(BAD.values()) * 2, strict=True):
        assert wrong in row["wrong"]
        assert row["remedy"]
    password = operator("device", "provision", "d-1").splitlines()[1].removeprefix("d-1,")
    operator("device", "bind", "d-1", "b-7", "--from", int(time.time()) - 7200)

    with ExitStack() as stack:
        for command in ("broker", "ingest", "api"):
            stack.enter_context(operator.running(command))
        api = stack.enter_context(operator.api())
        eventually(lambda: api.get("/readyz").is_success, "the API")
        word = people(operator)
        eventually(lambda: asyncio.run(speak(operator, "d-1", password)) is None, "the broker")
        pickups = eventually(lambda: api.get("/v1/pickups").json()["pickups"], "a pickup")
        assert [(one["bin"], one["collector"]) for one in pickups] == [("b-7", "budi")]

        pickup = pickups[0]["id"]
        with operator.api(auth=("budi", word)) as budi:
            accepted = budi.post(f"/v1/pickups/{pickup}/accept")
            assert accepted.status_code == 200, accepted.text
            assert budi.get("/v1/audit").status_code == 403
        lines = api.get("/v1/audit", params={"thing": pickup}).json()["lines"]
        assert [(one["who"], one["what"]) for one in lines] == [("budi", "accepted")]

    operator("backup", tmp_path / "backups", "--full")
    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    operator("restore", tmp_path / "backups", "--database", restored)
    operator("journal", "verify", "--database", restored)
    database = f"sqlite:///{operator.folder / 'jemput.db'}"
    before, after = everything(operator, database), everything(operator, restored)
    assert [word for word in (pickup, "budi", "d-1", "130") if word not in "".join(before)] == []
    assert after == before
