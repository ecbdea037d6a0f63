"""All that a dashboard says, in Indonesian and English: one table, `texts.toml`."""

import tomllib
from importlib.resources import files
from typing import Final

from msgspec import Struct, convert
from msgspec.structs import asdict

from jemput.things import Language

LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")


class Said(Struct, frozen=True, forbid_unknown_fields=True):
    """The same in each language."""

    id: str
    en: str

    def in_(self, language: Language) -> str:
        """In one of them."""
        return self.id if language == "id" else self.en


class PanelWords(Struct, frozen=True, forbid_unknown_fields=True):
    """A panel's title; what good looks like; what to do where it is not."""

    title: Said
    good: Said
    do: Said


class AlarmWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What an alert says, and what to do."""

    says: Said
    do: Said


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """`boards`, `panels` and `alarms` by their keys; `names` of columns, lines and states."""

    boards: dict[str, Said]
    rows: dict[str, Said]
    panels: dict[str, PanelWords]
    names: dict[str, Said]
    values: dict[str, dict[str, Said]]
    """What a tag or a field says, in words: by what it is, then by what is stored."""
    alarms: dict[str, AlarmWords]


class MissingWordsError(ValueError):
    """A text that the table does not have."""


class Words:
    """The table in one language; it knows which of its texts were used."""

    def __init__(self, table: Table, language: Language) -> None:
        """Take the table and choose a language."""
        self._table = table
        self.language = language
        self.used: set[str] = set()

    def board(self, key: str) -> str:
        """A dashboard's title."""
        return self._one("boards", self._table.boards, key)

    def row(self, key: str) -> str:
        """A heading above panels."""
        return self._one("rows", self._table.rows, key)

    def name(self, key: str) -> str:
        """A column, a line or a state."""
        return self._one("names", self._table.names, key)

    def values(self, kind: str) -> dict[str, str]:
        """What each stored value of a kind is called. Raises `MissingWordsError`."""
        if kind not in self._table.values:
            raise MissingWordsError(f"texts.toml has no values of {kind!r}")
        self.used.add(f"values.{kind}")
        return {raw: said.in_(self.language) for raw, said in self._table.values[kind].items()}

    def panel(self, key: str) -> tuple[str, str]:
        """A panel's title and description. Raises `MissingWordsError` where either says nothing."""
        words = self._table.panels.get(key)
        if words is None:
            raise MissingWordsError(f"texts.toml has no panel {key!r}: add title, good and do")
        self.used.add(f"panels.{key}")
        title, good, do = (said.in_(self.language) for said in (words.title, words.good, words.do))
        for what, text in (("title", title), ("good", good), ("do", do)):
            if not text.strip():
                raise MissingWordsError(f"texts.toml: panel {key!r} says nothing as its {what}")
        return title, f"{good}\n\n{do}"

    def alarm(self, key: str) -> tuple[str, str]:
        """What an alert says, and what to do. Raises `MissingWordsError` where it has no words."""
        words = self._table.alarms.get(key)
        if words is None:
            raise MissingWordsError(f"texts.toml has no alarm {key!r}: add says and do")
        self.used.add(f"alarms.{key}")
        return words.says.in_(self.language), words.do.in_(self.language)

    def _one(self, kind: str, texts: dict[str, Said], key: str) -> str:
        said = texts.get(key)
        if said is None or not said.in_(self.language).strip():
            raise MissingWordsError(f"texts.toml has no {self.language} for {kind}.{key}")
        self.used.add(f"{kind}.{key}")
        return said.in_(self.language)


def read_table() -> Table:
    """The table beside this file."""
    text = files("dashboards").joinpath("texts.toml").read_text(encoding="utf-8")
    return convert(tomllib.loads(text), Table)


def keys(table: Table) -> set[str]:
    """Every text there is."""
    return {f"{kind}.{key}" for kind, texts in asdict(table).items() for key in texts}
