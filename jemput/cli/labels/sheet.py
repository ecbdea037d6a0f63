"""Labels as one file of HTML that prints on A4, three by eight of 70 by 37 mm.

That is a common sheet of stickers, and plain paper has lines to cut along. Nothing is loaded
from elsewhere: it prints on a machine without a network.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

import segno

from jemput.cli.labels.label import Label
from jemput.cli.labels.words import Words
from jemput.things import Language

PER_SHEET: Final = 24
_STYLE: Final = """
@page { size: A4 portrait; margin: 0; }
* { box-sizing: border-box; margin: 0; }
html { font: 10pt/1.2 "Noto Sans", "Liberation Sans", Arial, sans-serif; color: #000; }
.sheet { display: grid; grid-template: repeat(8, 37mm) / repeat(3, 70mm); padding-top: .5mm;
  width: 210mm; height: 297mm; overflow: hidden; break-after: page; }
.sheet:last-child { break-after: auto; }
.label { display: grid; grid-template-columns: 26mm minmax(0, 1fr); gap: 2mm; align-items: center;
  padding: 4mm 4.5mm; outline: .2mm dashed #bbb; overflow: hidden; }
.label svg { display: block; width: 26mm; height: 26mm; }
.label div { align-self: stretch; display: flex; flex-direction: column; gap: .8mm; min-width: 0; }
.kind, .hint { font-size: 7pt; }
.kind { text-transform: uppercase; letter-spacing: .06em; }
.id { font: 700 11pt/1.1 "Noto Sans Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
.id.long { font-size: 8pt; }
.place { font-weight: 700; font-size: 9pt; max-height: 2.4em; overflow: hidden; }
.place.long { font-size: 7.5pt; max-height: 3.6em; }
.detail { font-size: 9pt; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.write { flex: 0 0 6mm; font-size: 7pt; border-bottom: .2mm solid #000; }
.hint { margin-top: auto; }
@media screen { body { background: #ddd; } .sheet { margin: 5mm auto; background: #fff; } }
"""
_LONG_ID: Final = 12
_LONG_PLACE: Final = 30


def sheet(labels: Sequence[Label], words: Words, language: Language) -> str:
    """The whole file."""
    parts = [labels[at : at + PER_SHEET] for at in range(0, len(labels), PER_SHEET)]
    sheets = "\n".join(_sheet(part, words) for part in parts)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        f"<title>{escape(words.title)}</title>\n<style>{_STYLE}</style>\n{sheets}\n</html>\n"
    )


def _sheet(labels: Sequence[Label], words: Words) -> str:
    shown = "\n".join(_label(one, words) for one in labels)
    return f'<section class="sheet">\n{shown}\n</section>'


def _label(label: Label, words: Words) -> str:
    """Whoever cannot scan reads it; the square says the same to a telephone."""
    place = (
        f'<p class="write">{escape(words.place)}:</p>'
        if label.place is None
        else _line("place", label.place, _LONG_PLACE)
    )
    return (
        f'<article class="label">{_square(label.address)}<div>'
        f'<p class="kind">{escape(label.kind)}</p>{_line("id", label.id, _LONG_ID)}'
        f'{place}<p class="detail">{escape(label.detail)}</p>'
        f'<p class="hint">{escape(label.hint)}</p></div></article>'
    )


def _line(name: str, text: str, most: int) -> str:
    """In smaller letters where it is long."""
    return f'<p class="{name}{" long" if len(text) > most else ""}">{escape(text)}</p>'


def _square(address: str) -> str:
    """A QR code; read also where a seventh of it is scratched away, or more."""
    code = segno.make(address, error="m", micro=False, boost_error=True)
    return str(code.svg_inline(border=4, omitsize=True))
