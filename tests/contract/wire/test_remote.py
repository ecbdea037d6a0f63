"""What devices are told, and what they say of it: both sides agree on golden bytes."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest

from firmware import commands, config, payload
from firmware import status as device_status
from firmware.update import folder
from firmware.update import manifest as device_manifest
from jemput import topics
from jemput.remote import command, configuration, status, update
from jemput.remote.command import Command

HERE: Final = Path(__file__).parent
PAGE: Final = (HERE.parents[2] / "docs/protocol.md").read_text()
TOWN_KEY: Final = bytes(range(32))
FILES: Final = {"firmware/version.py": b'VERSION = "0.2.0"\n'}
HASH: Final = "0" * 64


def golden(name: str) -> bytes:
    return (HERE / f"{name}.json").read_bytes()


class OneFile:
    """As much of a flash as a configuration and a command need."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.files.get(name)

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def remove(self, name: str) -> None:
        self.files.pop(name, None)


def notes() -> dict[str, int]:
    return {"command": 0, "answer": 0, "config_tries": 0, "dropped": 12, "failures": 2}


def test_topics_agree() -> None:
    own = payload.own_topic("lubuk-pakam", "bin-7", "")

    assert own + "config" == topics.told("lubuk-pakam", "bin-7", "config")
    assert payload.chunk_topic(HASH, 12) == topics.chunk(HASH, 12)
    assert topics.parse(topics.chunk(HASH, 12)) is None


def test_both_sides_know_the_same_configuration() -> None:
    assert dict(config.FIELDS) == {name: tuple(one) for name, one in configuration.FIELDS.items()}
    section = PAGE.partition("## Configuration")[2].partition("## Commands")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", section, re.MULTILINE))
    assert rows == {name: str(one.usual) for name, one in configuration.FIELDS.items()}


def test_a_configuration_is_the_golden_bytes_and_is_taken() -> None:
    told = configuration.encode(3, {"pings": 7, "measure_every_s": 600})

    assert told == golden("config")
    taken = config.decode(told)
    assert (taken["version"], taken["measure_every_s"], taken["pings"]) == (3, 600, 7)
    assert taken["change_mm"] == configuration.FIELDS["change_mm"].usual
    assert configuration.decode(told) == {"measure_every_s": 600, "pings": 7}


@pytest.mark.parametrize("name", configuration.FIELDS)
def test_host_and_device_refuse_the_same(name: str) -> None:
    field = configuration.FIELDS[name]
    for value in (field.least - 1, field.least, field.most, field.most + 1):
        told = {"measure_every_s": 10, "critical_mv": 0, "low_mv": 20_000, name: value}
        message = json.dumps({"v": 1, "version": 1, **told}).encode()

        assert refused_by_host(told) == refused_by_device(message), (name, value)


def refused_by_host(told: dict[str, int]) -> bool:
    try:
        configuration.check(told)
    except configuration.ConfigurationError:
        return True
    return False


def refused_by_device(message: bytes) -> bool:
    try:
        config.decode(message)
    except config.BadConfig:
        return True
    return False


def test_a_command_is_the_golden_bytes_and_is_obeyed_once() -> None:
    told = command.encode(7, Command.LOCATE, 1_790_003_600)
    flash, memory = OneFile(), notes()
    first = commands.Commands(flash, memory)
    first.hear([told, told], 1_790_003_600)
    again = commands.Commands(flash, notes())
    again.hear([told], 1_790_000_000)

    assert told == golden("command")
    assert (first.wanted, first.answers) == (["locate"], [(7, "done")])
    assert (again.wanted, again.said()) == ([], [(7, "done")])


def test_a_late_command_and_one_that_nobody_knows_are_answered_and_not_obeyed() -> None:
    device = commands.Commands(OneFile(), notes())
    device.hear([command.encode(7, Command.REBOOT, 1_790_003_600)], 1_790_003_601)
    device.hear([b'{"v":1,"id":8,"do":"explode"}', b'{"v":1,"id":6,"do":"locate"}'], 0)

    assert device.wanted == []
    assert device.answers == [(7, "expired"), (8, "unknown")]


def test_a_status_is_the_golden_bytes_and_is_read() -> None:
    told: dict[str, Any] = {
        "release": 7,
        "refused": (4, "pings is not between 1 and 25"),
        "commands": [(7, "done"), (8, "expired")],
        "update": (8, "fetching", 31),
    }
    full = device_status.asleep(0, 3, notes(), told)
    plain = device_status.asleep(1_790_000_900, 3, {"dropped": 0, "failures": 0}, {"release": 7})

    assert (plain, full) == (golden("status"), golden("status-all"))
    assert golden("status-lost") == device_status.LOST
    read = status.decode(full)
    assert read is not None
    assert (read.refused, read.commands, read.update) == (
        told["refused"],
        ((7, "done"), (8, "expired")),
        told["update"],
    )
    lost = status.decode(device_status.LOST)
    assert lost is not None
    assert (lost.state, lost.firmware) == ("lost", None)


@pytest.mark.parametrize("bad", [b"", b"lost", b"[]", b'{"v":2,"state":"lost"}', b"{" * 9999])
def test_what_is_no_status_is_none(bad: bytes) -> None:
    assert status.decode(bad) is None


def test_a_manifest_is_the_golden_bytes_and_is_believed() -> None:
    made = update.release("0.2.0", FILES)
    key = update.device_key(TOWN_KEY, "bin-7")
    told = update.manifest(made, 7, "bin-7", key)

    assert told == golden("update")
    read = device_manifest.read(told, key, "bin-7")
    assert (read.release, read.version, read.list) == (7, "0.2.0", made.digest)
    assert list(device_manifest.files(made.listed.decode().splitlines())) == [
        (sha256(FILES["firmware/version.py"]).hexdigest(), 18, "firmware/version.py")
    ]
    assert folder.CHUNK == update.CHUNK_BYTES


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("release", 8, "bad-mac"),
        ("version", "0.2.1", "bad-mac"),
        ("list", HASH, "bad-mac"),
        ("size", 84, "bad-mac"),
        ("mac", HASH, "bad-mac"),
        ("mac", "é" * 64, "unreadable"),
        ("list", "../" * 20 + "abcd", "unreadable"),
        ("release", 0, "unreadable"),
        ("size", None, "unreadable"),
    ],
)
def test_a_manifest_with_another_word_in_it_is_not_believed(
    field: str, value: object, word: str
) -> None:
    told = {**json.loads(golden("update")), field: value}
    key = update.device_key(TOWN_KEY, "bin-7")

    with pytest.raises(device_manifest.BadUpdate) as refused:
        device_manifest.read(json.dumps(told).encode(), key, "bin-7")

    assert refused.value.word == word


def test_nobodys_manifest_is_anothers() -> None:
    made = update.release("0.2.0", FILES)
    theirs = update.manifest(made, 7, "bin-8", update.device_key(TOWN_KEY, "bin-8"))

    for device, key in (("bin-7", "bin-7"), ("bin-7", "bin-8"), ("bin-8", "bin-7")):
        with pytest.raises(device_manifest.BadUpdate):
            device_manifest.read(theirs, update.device_key(TOWN_KEY, key), device)
    with pytest.raises(device_manifest.BadUpdate, match="no-key"):
        device_manifest.read(theirs, None, "bin-8")


@pytest.mark.parametrize(
    "line",
    [
        f"{HASH} 3 firmware/../main.py",
        f"{HASH} 3 main.py",
        f"{HASH} 3 firmware//a.py",
        f"{HASH} 3 firmware/a.py more",
        f"{HASH} -3 firmware/a.py",
        f"{HASH} 3 firmware/{'a' * 64}.py",
        f"{HASH[:-1]} 3 firmware/a.py",
        f"{HASH} 99999999 firmware/a.py",
        "\n".join(f"{HASH} 3 firmware/a{number}.py" for number in range(97)),
        "",
    ],
)
def test_a_list_that_leads_elsewhere_is_not_followed(line: str) -> None:
    with pytest.raises(device_manifest.BadUpdate):
        list(device_manifest.files(line.splitlines()))


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"firmware/big.py": bytes(update.MAX_FILE_BYTES + 1)},
        {f"firmware/a{number}.py": bytes([number]) for number in range(update.MAX_FILES + 1)},
        {f"firmware/a{number}.py": bytes([number]) * 60_000 for number in range(9)},
        {"main.py": b""},
        {"firmware/Wake.py": b""},
    ],
)
def test_the_host_publishes_nothing_that_no_device_takes(files: dict[str, bytes]) -> None:
    with pytest.raises(update.ReleaseError):
        update.release("0.2.0", files)


def test_a_devices_key_says_nothing_of_anothers() -> None:
    one, another = (update.device_key(TOWN_KEY, name) for name in ("bin-7", "bin-8"))

    assert len({TOWN_KEY, one, another}) == 3
    assert update.device_key(TOWN_KEY, "bin-7") == one


def test_settings_change_a_configuration_and_what_is_wrong_is_said() -> None:
    assert configuration.changed({"pings": 7}, ["change_mm=50", "pings="]) == {"change_mm": 50}
    for wrong in ("pings", "pings=x", "pings=99", "colour=3", "report_every_s=20"):
        with pytest.raises(configuration.ConfigurationError):
            configuration.changed({}, [wrong])
