"""Sheets of labels: what they say, where their squares lead, and how a real browser prints them."""

import re
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser
from sqlalchemy import Engine

from jemput.changes import Bind, Change, PutBin, PutHalte, PutSite
from jemput.geometry import Geometry
from jemput.store.broker_accounts import BrokerAccountStore
from jemput.store.database import create_tables, open_database
from jemput.store.registry import RegistryStore
from jemput.things import Bin, Halte, Site
from tests import command
from tests.command import Said
from tests.journey.test_page import browser

__all__ = ["browser"]
URL = "https://jemput.example"
LONGEST = "pasar-bakaran-batu-organic-00001"
A4_POINTS = "594.95996 841.91998"
OVERFLOWING = """() => [...document.querySelectorAll(".label, .label div")]
    .filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight)
    .map((one) => one.textContent)"""
SIZES_MM = """() => [...new Set([...document.querySelectorAll(".label")].map((one) => {
    const box = one.getBoundingClientRect();
    return [box.width, box.height].map((px) => (px * 25.4 / 96).toFixed(1)).join(" x ");
}))]"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A halte with a long name and a bin with a long id."""
    made = open_database(f"sqlite:///{tmp_path / 'jemput.db'}")
    create_tables(made)
    halte = Halte(
        "bakaran", "pakam", "Pasar Bakaran Batu <Timur> & Terminal Lama Sebelah", 3.5, 98.8
    )
    changes: list[Change] = [
        PutSite(Site("pakam", "Lubuk Pakam")),
        PutHalte(halte),
        PutBin(Bin(LONGEST, "bakaran", "organic", Geometry(1000, 100))),
        PutBin(Bin("b2", "bakaran", "batteries", Geometry(1000, 100))),
        Bind("pakam-0002", LONGEST, 0),
    ]
    RegistryStore(made, "main").change(changes, by="test", now_ms=0)
    return made


def jemput(engine: Engine, *arguments: object) -> Said:
    return command.jemput(*arguments, "--database", str(engine.url), "--group", "main")


def labels_of(page: str) -> list[str]:
    return re.findall(r'<article class="label">(.+?)</article>', page)


def square(address: str) -> str:
    return str(segno.make(address, error="m", micro=False).svg_inline(border=4, omitsize=True))


def said_by(label: str) -> list[str]:
    return [text for text in re.findall(r"<p[^>]*>([^<]*)", label) if text]


def test_provisioned_devices_have_labels_without_their_passwords(
    engine: Engine, tmp_path: Path
) -> None:
    table, page = tmp_path / "devices.csv", tmp_path / "labels.html"
    many = ("--count", 2, "--prefix", "pakam", "--site", "pakam")
    made = jemput(
        engine, "device", "provision", *many, "--csv", table, "--labels", page, "--url", URL + "/"
    )

    assert made.returncode == 0, made.stderr
    free, hung = labels_of(page.read_text())
    assert said_by(free) == [
        "Sensor",
        "pakam-0001",
        "Tempat:",
        "Lubuk Pakam",
        "Pindai saat memasang",
    ]
    assert "Pasar Bakaran Batu &lt;Timur&gt; &amp; Terminal Lama Sebelah" in hung
    assert "Organik" in said_by(hung)
    assert free.startswith(square(f"{URL}/#device/pakam-0001"))
    passwords = [line.split(",")[1] for line in table.read_text().splitlines()[1:]]
    assert not any(one in page.read_text() for one in passwords)


def test_bins_have_labels_in_either_language(engine: Engine, tmp_path: Path) -> None:
    page = tmp_path / "bins.html"
    jemput(engine, "labels", "bins", page, "--site", "pakam", "--url", URL, "--language", "en")

    first, second = labels_of(page.read_text())
    assert said_by(first)[:2] == ["Bin", "b2"]
    assert "batteries" in said_by(first)
    assert "Scan to see how full it is" in said_by(second)
    assert second.startswith(square(f"{URL}/#bin/{LONGEST}"))


def test_labels_are_printed_again_for_who_is_in_use(engine: Engine, tmp_path: Path) -> None:
    jemput(engine, "device", "provision", "d-1", "d-2")
    jemput(engine, "device", "revoke", "d-1")
    page = tmp_path / "again.html"

    assert jemput(engine, "labels", "devices", page, "--url", URL).returncode == 0
    assert [said_by(one)[1] for one in labels_of(page.read_text())] == ["d-2", "pakam-0002"]


def test_what_leads_nowhere_is_not_printed_and_nothing_is_made(
    engine: Engine, tmp_path: Path
) -> None:
    def refused(*arguments: object) -> str:
        said = jemput(engine, "device", "provision", "d-1", *arguments)
        assert (said.returncode, said.stdout) == (2, "")
        return said.stderr

    page = tmp_path / "labels.html"
    assert "this machine only" in refused("--labels", page)
    assert "is no address" in refused("--labels", page, "--url", "jemput.example")
    assert "something.html" in refused("--labels", tmp_path / "devices.csv", "--url", URL)
    assert "make it first" in refused("--labels", tmp_path / "no" / "labels.html", "--url", URL)
    assert "there is no bin b9" in jemput(engine, "labels", "bins", page, "b9", "--url", URL).stderr
    assert not page.exists()
    assert BrokerAccountStore(engine).list() == []


def test_a_browser_prints_whole_sheets_of_a4_with_nothing_from_elsewhere(
    engine: Engine, browser: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "labels.html"
    many = ("--count", 24, "--prefix", "pakam-bakaran-batu-sebelah-")
    jemput(engine, "device", "provision", *many)
    jemput(engine, "labels", "devices", page, "--url", f"{URL}/{'x' * 40}")
    shown = browser.new_page()
    asked: list[str] = []
    shown.on("request", lambda one: asked.append(one.url))
    shown.emulate_media(media="print")
    shown.goto(page.as_uri())
    printed = shown.pdf(prefer_css_page_size=True, print_background=True)

    assert asked == [page.as_uri()]
    assert shown.evaluate(SIZES_MM) == ["70.0 x 37.0"]
    assert shown.evaluate(OVERFLOWING) == []
    assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) == 2
    assert set(re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", printed)) == {A4_POINTS.encode()}
    shown.close()
