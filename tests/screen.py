"""One page in a real browser, and everything that it complained of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.integration.api.town import Client

PHONE, OLD_PC = (390, 844), (1280, 800)
SOON_MS = 8000


@dataclass
class Screen:
    """A page, and everything that it complained of or loaded."""

    page: Page
    base: str
    folder: Path
    complaints: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Go there and wait for the town."""
        self.page.goto(self.base + path)

    def shoot(self, name: str) -> None:
        """Keep a picture, for people to look at."""
        self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)

    def bin(self, bin_id: str) -> str:
        """What the row of a bin says."""
        halte, waste = bin_id.rsplit("-", 1)
        words = {"organic": "Organik", "plastic": "Plastik", "residual": "Residu"}
        rows = self.page.locator(f"[id='halte/{halte}'] .bin")
        return rows.filter(has_text=words[waste]).inner_text()


@contextmanager
def screen(
    browser: Browser, client: Client, folder: Path, size: tuple[int, int] = PHONE
) -> Iterator[Screen]:
    """One page of that size. It must not complain, nor load from elsewhere."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(SOON_MS)
    made = Screen(page, str(client.base_url).rstrip("/"), folder)
    page.on("console", lambda one: made.complaints.append(f"{one.type}: {one.text}"))
    page.on("pageerror", lambda one: made.complaints.append(str(one)))
    page.on("request", lambda one: made.loaded.append(one.url))
    try:
        yield made
    finally:
        page.close()
