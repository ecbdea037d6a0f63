"""The page in a real browser: on a phone, on an old PC, live, and in a collector's hand."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from jemput.store.influx import InfluxTarget
from jemput.store.influx_history import InfluxHistory
from tests.integration.api.town import BINS, PASSWORDS, Client, Town, served
from tests.screen import OLD_PC, PHONE, screen
from tests.servers import HOST, free_port, require

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
FULL_BIN = "pasar-delimas-organic"
LEVELS = {bin_id: 15 + 4 * number for number, bin_id in enumerate(BINS[:-1])} | {FULL_BIN: 88}
UNNAMED = """[...document.querySelectorAll("a, button, input, select")]
    .filter((one) => !one.closest("[hidden]"))
    .filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label"))
    .filter((one) => !(one.labels && one.labels.length))
    .map((one) => one.outerHTML)"""


def hear_most(town: Town, times: int = 8, **changed: int) -> None:
    """All bins but the silent one; `changed` by name, with _ for -."""
    levels = LEVELS | {name.replace("_", "-"): level for name, level in changed.items()}
    del levels["stasiun-plastic"]
    town.hear_all(levels, times)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    path = require("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Most bins have room; one is full, one fell silent, one was never heard."""
    made = Town(tmp_path)
    made.hear_all(LEVELS, times=4)
    hear_most(made, times=6)
    yield made
    made.engine.dispose()


@pytest.fixture
def client(town: Town) -> Iterator[Client]:
    """The API over that town."""
    with served(town.services()) as asking:
        yield asking


@pytest.mark.parametrize("size", [PHONE, OLD_PC], ids=["phone", "old PC"])
def test_the_town_at_a_glance(
    browser: Browser, client: Client, tmp_path: Path, size: tuple[int, int]
) -> None:
    with screen(browser, client, tmp_path, size) as shown:
        shown.open()
        page = shown.page

        expect(page.locator("#number-full")).to_have_text("1")
        expect(page.locator("#number-open")).to_have_text("1")
        expect(page.locator("#number-unknown")).to_have_text("2")
        expect(page.locator("#number-bins")).to_have_text(str(len(BINS)))
        expect(page.locator("#sites")).to_have_text("Lubuk Pakam")
        expect(page.locator("#invented")).to_be_visible()
        expect(page.locator("#now")).to_have_text("09.40 WIB")
        expect(page.locator("#live")).to_have_text("langsung")
        expect(page.locator("#map .mark")).to_have_count(4)
        assert shown.bin(FULL_BIN).split("\n")[:3] == ["Organik", "88%", "09.40"]
        assert "terakhir 43%, diam sejak 08.40" in shown.bin("stasiun-plastic")
        assert "belum pernah terdengar" in shown.bin(BINS[-1])
        call = page.locator("#pickups .card").inner_text()
        assert "Pasar Delimas Organik" in call
        assert "Budi Santoso · sejak 08.10" in call
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        shown.shoot(f"town-{size[0]}")
        assert shown.complaints == []
        assert {one.split("/")[2] for one in shown.loaded} == {shown.base.split("/")[2]}


def test_while_influxdb_is_down_it_says_since_when_history_is_missing_and_goes_on(
    browser: Browser, town: Town, tmp_path: Path
) -> None:
    nobody = InfluxTarget(f"http://{HOST}:{free_port()}", "", "", "jemput")
    down = replace(town.services(), history=InfluxHistory(nobody, town.clock))
    with served(down) as client, screen(browser, client, tmp_path) as shown:
        shown.open()
        page = shown.page

        expect(page.locator("#history")).to_contain_text("Riwayat bacaan sejak 0")
        expect(page.locator("#number-open")).to_have_text("1")
        page.locator("#language").click()
        expect(page.locator("#history")).to_contain_text("history of readings is missing since 0")
        assert shown.complaints == []

    with served(town.services()) as client, screen(browser, client, tmp_path) as shown:
        shown.open()
        expect(shown.page.locator("#number-open")).to_have_text("1")
        assert not shown.page.locator("#history").is_visible()


def test_a_change_in_the_database_is_seen_without_a_reload(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path) as shown:
        shown.open()
        expect(shown.page.locator("#number-full")).to_have_text("1")
        asked = len(shown.loaded)

        hear_most(town, alun_alun_organic=93)
        client.act("budi", f"/v1/pickups/{pickup_of(town)}/accept")

        expect(shown.page.locator("#number-full")).to_have_text("2")
        expect(shown.page.locator("#number-open")).to_have_text("2")
        expect(shown.page.locator(".call.accepted")).to_contain_text("diterima petugas")
        assert shown.bin("alun-alun-organic").split("\n")[1] == "93%"
        assert shown.loaded[asked:] == []
        assert shown.complaints == []


def test_where_no_events_come_the_page_asks(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path) as shown:
        shown.page.add_init_script("delete window.EventSource")
        shown.page.clock.install()
        shown.open()
        shown.page.clock.fast_forward(11_000)

        expect(shown.page.locator("#live")).to_have_text("tiap 10 detik")
        expect(shown.page.locator("#number-full")).to_have_text("1")
        hear_most(town, alun_alun_organic=93)
        shown.page.clock.fast_forward(11_000)

        expect(shown.page.locator("#number-full")).to_have_text("2")


def test_a_town_that_nothing_is_heard_of_says_so(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path) as shown:
        shown.open()
        expect(shown.page.locator("#number-full")).to_have_text("1")
        expect(shown.page.locator("#stale")).to_be_hidden()

        town.clock.ms += 45 * 60_000

        expect(shown.page.locator("#stale")).to_contain_text("sejak 09.40")


def test_english_is_one_press_away_and_remembered(
    browser: Browser, client: Client, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path) as shown:
        shown.open()
        shown.page.get_by_role("button", name="English").click()

        expect(shown.page.locator("h2").first).to_have_text("To be fetched")
        expect(shown.page.locator("html")).to_have_attribute("lang", "en")
        shown.page.reload()
        expect(shown.page.locator("h2").first).to_have_text("To be fetched")
        expect(shown.page.locator("#now")).to_have_text("09:40 WIB")


def test_a_collector_accepts_and_collects_with_two_presses(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    pickup = pickup_of(town)
    with screen(browser, client, tmp_path) as shown:
        page = shown.page
        shown.open()
        page.locator("#pickups a").click()
        expect(page.locator("#pickup h1")).to_have_text("Pasar Delimas Organik")
        expect(page.locator("#pickup")).to_contain_text("Isinya 88%, batas panggil 75%.")
        log_in(page, "budi", PASSWORDS["budi"])

        page.get_by_role("button", name="Saya jemput").click()
        page.get_by_role("button", name="Sudah diangkut").click()

        expect(page.locator(".moves")).to_contain_text("sudah diangkut oleh budi")
        shown.shoot("pickup")
        assert client.get(f"/v1/pickups/{pickup}").json()["state"] == "collected"
        assert shown.complaints == []


def test_a_collector_says_why_it_cannot_be_collected(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    pickup = pickup_of(town)
    client.act("budi", f"/v1/pickups/{pickup}/accept")
    with screen(browser, client, tmp_path) as shown:
        page = shown.page
        shown.open(f"/#pickup/{pickup}")
        log_in(page, "budi", PASSWORDS["budi"])
        page.get_by_role("button", name="Tidak bisa diangkut").click()
        page.get_by_label("Sebabnya").select_option("damaged")
        page.get_by_label("Keterangan").fill("roda lepas")
        page.get_by_role("button", name="Kirim").click()

        expect(page.locator(".moves q")).to_have_text("Tempat sampah rusak: roda lepas")
        expect(page.locator(".acts")).to_contain_text("sudah selesai")
        assert client.get(f"/v1/pickups/{pickup}").json()["note"] == "damaged: roda lepas"


def test_who_may_not_is_told_so_and_nothing_moves(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    pickup = pickup_of(town)
    with screen(browser, client, tmp_path) as shown:
        said = shown.page.locator(".said")
        shown.open(f"/#pickup/{pickup}")
        log_in(shown.page, "wati", "wrong")
        expect(said).to_contain_text("Nama atau kata sandi tidak cocok")
        log_in(shown.page, "wati", PASSWORDS["wati"])
        shown.page.get_by_role("button", name="Saya jemput").click()

        expect(said).to_contain_text("Ini bukan jemputan Anda")
        assert client.get(f"/v1/pickups/{pickup}").json()["state"] == "requested"


def test_what_somebody_types_survives_news(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    pickup = pickup_of(town)
    with screen(browser, client, tmp_path) as shown:
        shown.open(f"/#pickup/{pickup}")
        shown.page.get_by_label("Nama").fill("bu")
        with shown.page.expect_request(f"**/v1/pickups/{pickup}"):
            client.act("sri", f"/v1/pickups/{pickup}/accept")
        shown.page.wait_for_timeout(300)

        expect(shown.page.get_by_label("Nama")).to_have_value("bu")


def test_opening_an_address_changes_nothing(
    browser: Browser, client: Client, town: Town, tmp_path: Path
) -> None:
    pickup = pickup_of(town)
    with screen(browser, client, tmp_path) as shown:
        for path in (f"/#pickup/{pickup}", f"/v1/pickups/{pickup}", f"/v1/pickups/{pickup}/accept"):
            shown.open(path)
            shown.page.wait_for_timeout(200)

    assert client.get(f"/v1/pickups/{pickup}").json()["state"] == "requested"


def test_the_page_is_usable_by_keyboard_and_named_for_a_screen_reader(
    browser: Browser, client: Client, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path, OLD_PC) as shown:
        page = shown.page
        shown.open()
        expect(page.locator("#number-full")).to_have_text("1")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        meter = page.get_by_role("meter", name="Isi tempat sampah Organik").first

        expect(meter).to_have_attribute("aria-valuetext", "27%, lapang")
        assert page.evaluate(UNNAMED) == []


def test_all_that_a_first_visit_loads_is_small(
    browser: Browser, client: Client, tmp_path: Path
) -> None:
    with screen(browser, client, tmp_path) as shown:
        shown.open()
        expect(shown.page.locator("#number-full")).to_have_text("1")

        paths = {one.removeprefix(shown.base) for one in shown.loaded} - {"/v1/events"}
        sizes = {path: len(client.get(path).content) for path in paths}
        print(json.dumps(sizes))  # noqa: T201 - shown where the test fails
        assert "/page/page.js" in sizes
        assert sum(sizes.values()) < 60_000


def log_in(page: Page, name: str, password: str) -> None:
    """Fill in the small form."""
    page.get_by_label("Nama").fill(name)
    page.get_by_label("Kata sandi").fill(password)
    page.get_by_role("button", name="Masuk").click()


def pickup_of(town: Town) -> str:
    """The open pickup of the full bin."""
    return town.services().pickups.list(only_open=True, bin_id=FULL_BIN)[0].id
