"""The page's words: both languages say the same things, and nothing is missing or left over."""

import json
import re

import pytest

from api.routes.page import FOLDER
from api.shapes import Band, Condition, FailReason
from jemput.pickup import Flag, Reason, State

CATALOG: dict[str, dict[str, str]] = json.loads((FOLDER / "texts.json").read_text())
SOURCES = "".join(
    file.read_text() for file in sorted(FOLDER.glob("*.[hj][ts]*")) if file.suffix != ".json"
)
LITERAL = re.compile(r"""(?:\bt\(|data-t=|\? t\()["'`]([a-z][\w.-]*)["'`]""")
GROUPS: dict[str, set[str]] = {
    "state": set(map(str, State)),
    "reason": set(map(str, Reason)),
    "flag": set(map(str, Flag)),
    "band": set(map(str, Band)),
    "last": {*map(str, Condition), "silent-bare"} - {"ok"},
    "fail": set(map(str, FailReason)),
    "why": {"fullness", "age", "by_hand"},
    "live": {"opening", "live", "polling", "lost"},
    "act": {"accept", "collect", "fail"},
    "device": {"free", "revoked", "bind", "swap"},
    "said": {
        "no-user",
        "not-yours",
        "refused-move",
        "refused-change",
        "not-found",
        "too-many-tries",
        "other",
    },
    "by": {"fold"},
    "note": {"the level dropped", "the level fell below re-arm", "emptied, seen but not claimed"},
}


def used() -> set[str]:
    grouped = {f"{group}.{name}" for group, names in GROUPS.items() for name in names}
    return grouped | set(LITERAL.findall(SOURCES))


def test_both_languages_have_the_same_words() -> None:
    assert CATALOG["id"].keys() == CATALOG["en"].keys()


@pytest.mark.parametrize("key", CATALOG["id"])
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    indonesian, english = (set(re.findall(r"\{\w+\}", CATALOG[one][key])) for one in ("id", "en"))

    assert indonesian == english
    assert CATALOG["id"][key].strip()


def test_english_has_no_word_that_only_indonesians_know() -> None:
    spoken = [re.sub(r"\{\w+\}", "", text).casefold() for text in CATALOG["en"].values()]

    assert [text for text in spoken if re.search(r"halte|petugas|sampah", text)] == []


def test_every_word_that_the_page_uses_is_there() -> None:
    assert len(LITERAL.findall(SOURCES)) > 40
    assert used() <= CATALOG["id"].keys()


def test_no_word_is_left_over() -> None:
    left_over = {key for key in CATALOG["id"] if not key.startswith("waste.")} - used()

    assert left_over == set()


def test_the_page_loads_nothing_from_elsewhere() -> None:
    links = [one for one in re.findall(r"https?://[^\s\"'`]+", SOURCES) if "www.w3.org" not in one]

    assert [one.split("?")[0] for one in links] == ["https://www.openstreetmap.org/"]
    assert "<style" not in SOURCES
    assert "innerHTML" not in SOURCES


def test_the_whole_page_is_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 60_000
