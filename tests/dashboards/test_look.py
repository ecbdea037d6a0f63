"""Boards drawn by Grafana's own components in a browser, and looked at.

They take 420 MB of npm packages: scripts/look installs them, and scripts/test in CI.
JEMPUT_TEST_PICTURES names a folder that keeps the pictures.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from dashboards.board import Board
from dashboards.boards import BOARDS
from dashboards.palette import MEANINGS
from dashboards.render import FOLDER, ROOT
from tests.builders import START_S
from tests.dashboards.test_grafana_packages import WORDS, frames
from tests.dashboards.week import END_S
from tests.servers import require

HERE: Final = Path(__file__).parent / "look"
DRAWN: Final = {"stat", "bargauge", "timeseries", "table"}
"""Of what our boards hold, all but the map: its code is not on npm."""
PAGE: Final = """<!doctype html><meta charset=utf-8><style>body{{font:14px Inter,sans-serif;
background:#f4f5f5;margin:0}}</style><div id=root></div><script>
addEventListener('error', () => {{ window.failed = true; }});
addEventListener('unhandledrejection', () => {{ window.failed = true; }});
window.SAID={said};</script>{app}"""
SAYS_MORE: Final = """panel => {
  const where = document.querySelector(`[data-panel='${panel.id}']`);
  return where && where.innerText.replace(panel.title, '').trim().length > 0
    && (panel.type !== 'timeseries' || where.querySelector('canvas'));
}"""
"""It is there, and says more than its title."""
SOON_MS: Final = 60_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The components and what draws with them, in one script."""
    program = HERE / "node_modules" / ".bin" / "esbuild"
    if not program.exists() or shutil.which("node") is None:
        pytest.skip("Grafana's components are not there (420 MB): scripts/look installs them")
    made = tmp_path_factory.mktemp("app") / "app.js"
    flags = ["--bundle", "--format=esm", "--target=es2022", "--jsx=automatic", "--minify"]
    defined = ["--define:process.env.NODE_ENV='production'", "--loader:.ttf=empty"]
    command: list[str | Path] = [program, HERE / "app.jsx", *flags, *defined, f"--outfile={made}"]
    subprocess.run([*command, "--log-level=error"], check=True)
    script = made.read_text(encoding="utf-8").replace("</script", "<\\/script")
    style = made.with_suffix(".css").read_text(encoding="utf-8")
    return f"<style>{style}</style><script type=module>{script}</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=require("chromium"), args=["--no-sandbox"]
        )
        yield running
        running.close()


@pytest.fixture(scope="module")
def said(week_in_influx: str, town_in_prometheus: str) -> dict[str, dict[str, Any]]:
    """Each board with what real servers answer."""
    found = {}
    for board in BOARDS:
        file = ROOT / FOLDER / "id" / f"{board.uid}.json"
        drawn = json.loads(file.read_text(encoding="utf-8"))
        panels = {WORDS.panel(panel.key)[0]: panel for panel in board.panels()}
        found[board.key] = {
            "title": drawn["title"],
            **shown_time(board),
            "panels": [
                {
                    "panel": shown,
                    "frames": []
                    if shown["type"] == "row"
                    else frames(panels[shown["title"]], week_in_influx, town_in_prometheus),
                }
                for shown in drawn["panels"]
            ],
        }
    return found


def shown_time(board: Board) -> dict[str, float]:
    """The week in InfluxDB; of a board without choices of bins, what Prometheus just scraped."""
    if board.choices:
        return {"from": START_S * 1000, "to": END_S * 1000}
    now_ms = time.time() * 1000
    return {"from": now_ms - 60_000, "to": now_ms}


def draw(browser: Browser, app: str, said: dict[str, Any], folder: Path) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": 1320, "height": 2000})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    file = folder / "board.html"
    file.write_text(PAGE.format(said=json.dumps(said).replace("</", "<\\/"), app=app))
    page.goto(file.as_uri())
    page.wait_for_function(
        "document.querySelector('[data-panel]') || window.failed", timeout=SOON_MS
    )
    return page, complaints


@pytest.mark.parametrize("key", [board.key for board in BOARDS])
def test_a_board_is_drawn(
    key: str, browser: Browser, app: str, said: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    page, complaints = draw(browser, app, said[key], tmp_path)
    assert complaints == []

    for one in said[key]["panels"]:
        panel = one["panel"]
        if panel["type"] in DRAWN:
            page.wait_for_function(SAYS_MORE, arg=panel, timeout=SOON_MS)
    if pictures := os.environ.get("JEMPUT_TEST_PICTURES"):
        Path(pictures).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{pictures}/{key}.png", full_page=True)
    assert complaints == []
    page.close()


def test_the_weakest_battery_stands_first(
    browser: Browser, app: str, said: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    page, _ = draw(browser, app, said["fleet"], tmp_path)
    weakest = WORDS.panel("weakest")[0]
    (panel,) = (one["panel"] for one in said["fleet"]["panels"] if one["panel"]["title"] == weakest)
    page.wait_for_function(SAYS_MORE, arg=panel, timeout=SOON_MS)
    text = page.locator(f"[data-panel='{panel['id']}']").inner_text()
    volts = [float(one) for one in re.findall(r"(\d\.\d+) V", text)]

    assert len(volts) > 3
    assert volts == sorted(volts)
    page.close()


def test_colours_of_numbers_are_ours(
    browser: Browser, app: str, said: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    page, _ = draw(browser, app, said["operations"], tmp_path)
    full = WORDS.panel("above-call")[0]
    (panel,) = (
        one["panel"] for one in said["operations"]["panels"] if one["panel"]["title"] == full
    )
    colours = page.locator(f"[data-panel='{panel['id']}'] div").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundColor)"
    )
    ours = {tuple(int(one[at : at + 2], 16) for at in (1, 3, 5)) for one in MEANINGS.values()}

    assert {f"rgb({r}, {g}, {b})" for r, g, b in ours} & set(colours)
    page.close()
