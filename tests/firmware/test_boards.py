"""The files of boards: the same surface everywhere, only names their ports have, whole wakes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from firmware import start
from jemput import payload
from jemput.cli.remote.compiling import compiled
from tests.firmware import ports, real_brokers
from tests.firmware.bench import AFTER_POWER, COPPER, Bench
from tests.firmware.real_brokers import listening
from tests.servers import wait_until
from tests.shape.tree import ROOT

BOARDS: Final = ROOT / "firmware/boards"
PORTS: Final = {"esp32": "esp32", "pico_w": "rp2"}
ESP32_ALONE: Final = {"machine.ADC.read_uv", "machine.HARD_RESET", "machine.DEEPSLEEP_RESET"}
BEYOND: Final = {f"machine.{name}" for name in ("DESK", "DID", "PINS", "COUNTS")} | {"network.DONE"}


@pytest.fixture(params=PORTS)
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


def test_every_board_has_the_surface_of_the_one_without_copper() -> None:
    wanted = surface("unix")

    for platform in PORTS:
        found = surface(platform)

        assert {name: found.get(name) for name in wanted} == wanted
        assert set(found) - set(wanted) == {"ended"}


def test_all_are_compiled_as_they_are_shipped() -> None:
    files = {f"firmware/boards/{file.name}": file.read_bytes() for file in BOARDS.glob("*.py")}

    assert {"firmware/boards/esp32.mpy", "firmware/boards/pico_w.mpy"} < set(compiled(files))


@pytest.mark.parametrize("platform", PORTS)
def test_a_board_asks_its_port_for_nothing_that_it_has_not(platform: str) -> None:
    shared = [file for file in BOARDS.glob("*.py") if file.stem not in {*PORTS, "unix"}]
    asked = {name for file in [*shared, BOARDS / f"{platform}.py"] for name in asked_by(file)}

    assert asked
    assert asked - names(PORTS[platform]) == set()


def test_the_desk_promises_nothing_that_a_port_has_not() -> None:
    promised = {name for file in COPPER.glob("*.py") for name in defined_by(file)} - BEYOND

    assert promised - names("esp32") == set()
    assert promised - names("rp2") == ESP32_ALONE


@pytest.mark.parametrize("platform", PORTS)
def test_a_report_comes_through_and_the_next_knows_where_to(platform: str, tmp_path: Path) -> None:
    with (
        real_brokers.make("mosquitto", tmp_path / "broker") as broker,
        listening(broker.port) as it,
    ):
        bench = Bench(tmp_path, platform, broker.port)
        first = bench.wake()
        bench.desk["echoes_us"] = [8705]
        second = bench.wake()
        wait_until(lambda: len(it.said("reading")) == 2, 60, "two reports")
        readings = [payload.decode(one).readings[0] for one in it.said("reading")]

    assert first["wifi"] == ["on", "dhcp", "scan", "connect 9", "off"]
    assert second["wifi"] == ["on", "address 10.0.0.7", "connect 9", "off"]
    assert [(one.seq, one.distance_mm) for one in readings] == [(1, 1010), (2, 1516)]
    assert all(3895 <= (one.battery_mv or 0) <= 3900 for one in readings)
    assert readings[1].rssi_dbm == -61


def test_it_sleeps_and_nothing_draws_current(bench: Bench) -> None:
    did = bench.wake()

    assert did["pins"][bench.pins["power"]] == [0, 1, 0]
    assert did["pins"][bench.pins["led"]][-1] == 0
    assert did["wifi"][-1] == "off"
    assert (did["end"], did["ms"]) in {("deepsleep", 900_000), ("lightsleep", 5_000)}
    assert did["fed"] >= 9


def test_an_access_point_that_is_gone_is_looked_for_anew(tmp_path: Path) -> None:
    with real_brokers.make("mosquitto", tmp_path / "broker") as broker:
        bench = Bench(tmp_path, "esp32", broker.port)
        bench.wake()
        del bench.desk["points"][1]
        bench.desk["echoes_us"] = [8705]
        did = bench.wake()

    assert did["wifi"] == [
        *("on", "address 10.0.0.7", "connect 9", "off", "on"),
        *("dhcp", "scan", "connect 8", "off"),
    ]


def test_after_a_failed_report_nothing_about_wifi_is_believed(bench: Bench) -> None:
    bench.wake()

    assert "scan" in bench.wake()["wifi"]


def test_a_switch_that_opened_means_the_lid_does_not_lie_flat(tmp_path: Path) -> None:
    with (
        real_brokers.make("mosquitto", tmp_path / "broker") as broker,
        listening(broker.port) as it,
    ):
        bench = Bench(tmp_path, "esp32", broker.port)
        bench.settings["pins"] = {"tilt": 33}
        bench.desk["inputs"]["33"] = 1
        bench.wake()
        wait_until(lambda: it.said("reading") != [], 60, "a report")
        [reading] = payload.decode(it.said("reading")[0]).readings

    assert (reading.quality, reading.tilt_deg) == ("tilted", 90)


def test_a_sensor_on_the_uart_is_read(tmp_path: Path) -> None:
    with (
        real_brokers.make("mosquitto", tmp_path / "broker") as broker,
        listening(broker.port) as it,
    ):
        bench = Bench(tmp_path, "esp32", broker.port)
        bench.settings["sensor"] = "a02"
        bench.desk["frame"] = [0xFF, 0x03, 0xE8, 0xEA]
        bench.wake()
        wait_until(lambda: it.said("reading") != [], 60, "a report")
        [reading] = payload.decode(it.said("reading")[0]).readings

    assert reading.distance_mm == 1000


def test_after_power_it_waits_lit_for_a_cable_before_any_watchdog(bench: Bench) -> None:
    bench.desk["cause"] = AFTER_POWER

    assert bench.wake()["pins"][bench.pins["led"]][:3] == [0, 1, 0]


def test_without_settings_it_says_so_and_sleeps(bench: Bench) -> None:
    del bench.settings["site"]
    bench.settings["pins"] = 3

    did = bench.wake()

    assert did["complaints"][0].startswith("fault")
    assert did["end"] in {"deepsleep", "lightsleep"}


def test_a_board_is_called_as_its_port_says() -> None:
    assert start.BOARDS["rp2"] == "pico_w"
    assert {file.stem for file in BOARDS.glob("*.py")} > {*start.BOARDS.values(), "esp32"}


def test_what_cannot_start_tries_again_in_a_minute(tmp_path: Path) -> None:
    did = Bench(tmp_path, "esp32").start()

    assert did["complaints"][0].startswith("fault")
    assert (did["end"], did["ms"]) == ("deepsleep", 60_000)


def test_an_empty_battery_is_for_ever(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "esp32")
    bench.desk["uv"] = {"34": 1_500_000}
    did = [bench.wake() for _ in range(3)]

    assert [one["ms"] for one in did] == [3_600_000, 3_600_000, None]


def surface(platform: str) -> dict[str, list[str]]:
    """Public methods of a Board, its bases included, and what each takes."""
    found = methods(BOARDS / f"{platform}.py", "Board")
    return found if platform == "unix" else {**methods(BOARDS / "wired.py", "Wired"), **found}


def methods(file: Path, name: str) -> dict[str, list[str]]:
    [of] = [one for one in classes(file) if one.name == name]
    return {
        one.name: [argument.arg for argument in one.args.args]
        for one in of.body
        if isinstance(one, ast.FunctionDef) and (one.name == "__init__" or one.name[0] != "_")
    }


def classes(file: Path) -> Iterator[ast.ClassDef]:
    for one in ast.parse(file.read_text()).body:
        if isinstance(one, ast.ClassDef):
            yield one


def names(port: str) -> set[str]:
    """All that a port has, as `module.name` and `module.Class.member`."""
    found = set()
    for module, of_module in ports.known(port).items():
        for class_, members in of_module.items():
            found |= {".".join(filter(None, (module, class_, member))) for member in members}
            found |= {f"{module}.{class_}"} if class_ else set()
    return found


def asked_by(file: Path) -> set[str]:
    """What a file names of the modules that only boards have."""
    pattern = rf"\b(?:{'|'.join(ports.MODULES)})\.\w+(?:\.\w+)?"
    tree = ast.parse(file.read_text())
    found = {ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    return {one for one in found if re.fullmatch(pattern, one)}


def defined_by(file: Path) -> Iterator[str]:
    """What a module of the desk has."""
    for name in ports.read_one(file):
        yield f"{file.stem}.{name}"
