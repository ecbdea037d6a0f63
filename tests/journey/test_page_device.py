"""Where the square on a label leads: a device is hung on a bin from a telephone, in the street."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from jemput.roles import Role
from jemput.store.broker_accounts import BrokerAccountStore
from tests.integration.api.guarded import PASSWORD, Guarded, guarded
from tests.integration.api.town import BINS, GROUP, Town
from tests.journey.test_page import FULL_BIN, browser, log_in, town
from tests.screen import PHONE, Screen, screen

__all__ = ["browser", "town"]
HANGS = BINS.index("alun-alun-plastic")


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The API for accounts only, and a device that hangs nowhere yet."""
    accounts = BrokerAccountStore(town.engine)
    with guarded(town) as made:
        made.add("tono", Role.DEVICE_ADMIN, password=PASSWORD)
        made.add("budi", Role.COLLECTOR, password=PASSWORD)
        key = made.add("sri", Role.OPERATOR)
        assert made.ask(key, "/v1/devices", "POST", {"id": "d-new"}).status_code == 201
        assert {one.name for one in accounts.list(GROUP)} == {"d-new"}
        yield made


@pytest.fixture
def shown(browser: Browser, api: Guarded, tmp_path: Path) -> Iterator[Screen]:
    """A telephone."""
    with screen(browser, api.client, tmp_path, PHONE) as made:
        made.page.on("dialog", lambda one: one.accept())
        yield made


def bin_of(api: Guarded, device: str) -> object:
    """On which bin it hangs now."""
    return api.ask(api.key("sri"), f"/v1/devices/{device}").json()["bin"]


def hang(page: Page, halte: str, button: str) -> None:
    """Choose a halte and press one of its bins."""
    page.get_by_label("Pasang di halte").select_option(halte)
    page.get_by_role("button", name=button).click()


def test_a_scanned_device_is_hung_after_signing_in_and_taken_down(
    api: Guarded, shown: Screen
) -> None:
    key = api.key("sri")
    down = api.ask(key, f"/v1/devices/dev-{HANGS}/take-down", "POST")
    assert down.status_code == 200
    page = shown.page
    shown.open("/#device/d-new")
    log_in(page, "tono", PASSWORD)
    expect(page.locator("#device h1")).to_have_text("Sensor d-new")
    expect(page.locator("#device")).to_contain_text("Sensor ini belum dipasang.")

    hang(page, "Alun-alun Lubuk Pakam", "Pasang di Plastik (alun-alun-plastic)")
    expect(page.locator("#device .said")).to_have_text("Tersimpan.")
    expect(page.locator("#device")).to_contain_text("Terpasang di Alun-alun Lubuk Pakam, Plastik")
    shown.shoot("hung")
    assert bin_of(api, "d-new") == "alun-alun-plastic"

    page.get_by_role("button", name="Lepas dari tempat sampah").click()
    expect(page.locator("#device")).to_contain_text("Sensor ini belum dipasang.")
    assert bin_of(api, "d-new") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert shown.complaints == []


def test_a_device_takes_the_place_of_another(api: Guarded, shown: Screen) -> None:
    page = shown.page
    shown.open("/#device/d-new")
    log_in(page, "tono", PASSWORD)
    page.get_by_label("Pasang di halte").select_option("Alun-alun Lubuk Pakam")
    expect(page.locator(".hang button")).to_have_count(3)
    shown.shoot("choice")

    page.get_by_role("button", name=f"Ganti dev-{HANGS} di Plastik").click()

    expect(page.locator("#device .said")).to_have_text("Tersimpan.")
    assert bin_of(api, "d-new") == "alun-alun-plastic"
    assert bin_of(api, f"dev-{HANGS}") is None


def test_what_changed_meanwhile_is_said_and_nothing_moves(api: Guarded, shown: Screen) -> None:
    key = api.key("sri")
    page = shown.page
    shown.open("/#device/d-new")
    log_in(page, "tono", PASSWORD)
    page.get_by_label("Pasang di halte").select_option("Alun-alun Lubuk Pakam")
    expect(page.locator(".hang button")).to_have_count(3)
    elsewhere = api.ask(key, "/v1/devices/d-new/swap", "POST", {"bin": FULL_BIN})
    assert elsewhere.status_code == 200

    page.get_by_role("button", name=f"Ganti dev-{HANGS} di Plastik").click()

    expect(page.locator("#device .said")).to_contain_text("keadaannya sudah berubah")
    expect(page.locator("#device")).to_contain_text("Terpasang di Pasar Delimas, Organik")
    assert bin_of(api, f"dev-{HANGS}") == "alun-alun-plastic"


def test_a_stranger_may_be_hung(api: Guarded, shown: Screen) -> None:
    page = shown.page
    shown.open("/#device/brought-along")
    log_in(page, "tono", PASSWORD)
    expect(page.locator("#device")).to_contain_text("Sensor ini belum dikenal.")

    hang(page, "Alun-alun Lubuk Pakam", f"Ganti dev-{HANGS} di Plastik")

    expect(page.locator("#device .said")).to_have_text("Tersimpan.")
    assert bin_of(api, "brought-along") == "alun-alun-plastic"


def test_whoever_may_not_is_offered_nothing(shown: Screen) -> None:
    shown.open("/#device/d-new")
    log_in(shown.page, "budi", PASSWORD)

    expect(shown.page.locator("#device")).to_contain_text("Anda tidak dapat memasang sensor ini")
    expect(shown.page.locator("#device select, #device button")).to_have_count(0)
    assert [one for one in shown.loaded if "/v1/devices" in one] == []


def test_the_label_of_a_bin_leads_to_its_bin(shown: Screen) -> None:
    shown.open(f"/#bin/{FULL_BIN}")
    log_in(shown.page, "budi", PASSWORD)

    row = shown.page.locator(f"[id='bin/{FULL_BIN}']")
    expect(row).to_be_focused()
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("88%")
