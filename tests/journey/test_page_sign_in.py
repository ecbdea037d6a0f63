"""The page where reading needs a user: a form first, then what is theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from jemput.roles import Role
from tests.integration.api.guarded import PASSWORD, Guarded, guarded
from tests.integration.api.town import Town
from tests.journey.test_page import browser, log_in, pickup_of, town
from tests.screen import OLD_PC, PHONE, screen

__all__ = ["browser", "town"]
UNDER_NOBODYS_EYES = ("/v1/bins", "/v1/pickups", "/v1/events")


@pytest.fixture
def api(town: Town) -> Iterator[Guarded]:
    """The API for accounts only, with one of each kind that the page is for."""
    with guarded(town) as made:
        made.add("sri", Role.OPERATOR, password=PASSWORD)
        made.add("budi", Role.COLLECTOR, password=PASSWORD)
        made.add("wati", Role.COLLECTOR, password=PASSWORD)
        made.add("ani", Role.AUDITOR, password=PASSWORD)
        yield made


def cookies(page: Page) -> list[str]:
    return [one["name"] for one in page.context.cookies()]


@pytest.mark.parametrize("size", [PHONE, OLD_PC], ids=["phone", "old PC"])
def test_nothing_is_shown_before_somebody_signs_in(
    browser: Browser,
    api: Guarded,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    with screen(browser, api.client, tmp_path, size) as shown:
        page = shown.page
        shown.open()
        expect(page.get_by_label("Nama")).to_be_visible()
        shown.shoot(f"sign-in-{size[0]}")
        asked = [one for one in shown.loaded if one.endswith(UNDER_NOBODYS_EYES)]
        assert asked == []
        assert shown.complaints == []

        log_in(page, "sri", PASSWORD)
        expect(page.locator("#number-full")).to_have_text("1")
        expect(page.locator("#live")).to_have_text("langsung")
        expect(page.locator("#who")).to_contain_text("Masuk sebagai sri")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate("document.cookie") == ""
        shown.shoot(f"signed-in-{size[0]}")

        page.get_by_role("button", name="Keluar").click()
        expect(page.get_by_label("Nama")).to_be_visible()
        assert cookies(page) == []
        assert shown.complaints == []


def test_a_wrong_password_is_said_in_the_language_of_the_page(
    browser: Browser,
    api: Guarded,
    tmp_path: Path,
) -> None:
    with screen(browser, api.client, tmp_path) as shown:
        page = shown.page
        shown.open()
        page.get_by_role("button", name="English").click()
        page.get_by_label("Name").fill("sri")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()

        expect(page.locator(".said")).to_contain_text("Name or password do not match")
        expect(page.locator("#town")).to_be_hidden()


def test_a_collector_fetches_their_own_and_sees_nobody_elses(
    browser: Browser,
    api: Guarded,
    tmp_path: Path,
) -> None:
    with screen(browser, api.client, tmp_path) as shown:
        page = shown.page
        shown.open(f"/#pickup/{pickup_of(api.town)}")
        log_in(page, "budi", PASSWORD)
        page.get_by_role("button", name="Saya jemput").click()
        expect(page.locator(".moves")).to_contain_text("diterima petugas oleh budi")
        shown.shoot("collector")
        page.get_by_role("link", name="Semua halte").click()
        expect(page.locator("#live")).to_have_text("tiap 10 detik")
        expect(page.locator("#pickups .card")).to_have_count(1)
        assert shown.complaints == []

        page.get_by_role("button", name="Keluar").click()
        log_in(page, "wati", PASSWORD)
        expect(page.locator("#no-pickups")).to_be_visible()
        expect(page.locator("[id='halte/stasiun']")).to_be_visible()
        expect(page.locator("#haltes > .card")).to_have_count(1)
        assert shown.complaints == []


def test_who_only_looks_is_offered_nothing_to_press(
    browser: Browser,
    api: Guarded,
    tmp_path: Path,
) -> None:
    with screen(browser, api.client, tmp_path) as shown:
        shown.open(f"/#pickup/{pickup_of(api.town)}")
        log_in(shown.page, "ani", PASSWORD)

        expect(shown.page.locator(".acts")).to_have_text(
            "Anda dapat melihat, tetapi tidak dapat bertindak."
        )
        expect(shown.page.locator(".acts button")).to_have_count(0)
