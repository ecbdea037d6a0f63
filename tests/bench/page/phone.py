"""An old phone on a slow network: a real browser, made six times slower, at 400 kbit/s."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.servers import require

FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
SLOWER: Final = 6
BYTES_A_SECOND: Final = 400_000 // 8
ROUND_TRIP_MS: Final = 400
LONG_MS: Final = 120_000
SETTLED_S: Final = 3.0
SIZE: Final = {"width": 360, "height": 640}


@dataclass
class Loaded:
    """What one visit took."""

    requests: int = 0
    bytes: int = 0
    """On the wire, as the browser counts them: headers and packed bodies."""
    shell_s: float = 0.0
    """Until the frame of the page is painted."""
    useful_s: float = 0.0
    """Until the first pickup, or bin, can be read."""
    seen: set[str] = field(default_factory=set)


@contextmanager
def phone() -> Iterator[Browser]:
    """Debian's chromium."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=require("chromium"), args=FLAGS)
        yield running
        running.close()


def signed_in(browser: Browser, base: str, cookies: dict[str, str]) -> BrowserContext:
    """A browser that holds these cookies, and nothing else yet."""
    context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]  # it is a ViewportSize
    for name, value in cookies.items():
        context.add_cookies([{"name": name, "value": value, "url": base}])
    return context


def visit(context: BrowserContext, base: str, useful: str) -> Loaded:
    """Open the page there; it is useful once the selector shows."""
    page, found = context.new_page(), Loaded()
    page.set_default_timeout(LONG_MS)
    _slow_down(page, found)
    began = time.monotonic()
    page.goto(base, wait_until="commit")
    page.wait_for_selector("header.top")
    found.shell_s = time.monotonic() - began
    page.wait_for_selector(useful)
    found.useful_s = time.monotonic() - began
    page.wait_for_timeout(SETTLED_S * 1000)
    page.close()
    return found


def _slow_down(page: Page, found: Loaded) -> None:
    tools = page.context.new_cdp_session(page)
    tools.on("Network.requestWillBeSent", lambda said: _asked(found, said))
    tools.on("Network.responseReceived", lambda said: _began(found, said))
    tools.on("Network.dataReceived", lambda said: _count(found, said["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    conditions = {"offline": False, "latency": ROUND_TRIP_MS}
    rates = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
    tools.send("Network.emulateNetworkConditions", conditions | rates)


def _asked(found: Loaded, said: dict[str, Any]) -> None:
    found.requests += 1
    found.seen.add(said["request"]["url"])


def _began(found: Loaded, said: dict[str, Any]) -> None:
    _count(found, said["response"]["encodedDataLength"])


def _count(found: Loaded, size: int) -> None:
    found.bytes += size
