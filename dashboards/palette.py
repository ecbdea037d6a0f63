"""Colours that people who are colour-blind can tell apart.

Of the set by Okabe and Ito ("Color Universal Design", 2002), which differs in lightness as much as
in hue. Blue, and not green, is well: green beside vermillion is what one man in twelve confuses.
tests/dashboards sees each pair as people without one kind of cone do.
"""

from typing import Final

WELL: Final = "#0072B2"
WATCH: Final = "#F0E442"
ACT: Final = "#D55E00"
UNKNOWN: Final = "#999999"

MEANINGS: Final = {"well": WELL, "watch": WATCH, "act": ACT, "unknown": UNKNOWN}
"""What a colour says, wherever it stands. Only a colour of these means anything."""

SERIES: Final = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
"""Of lines beside each other, in their order. They mean nothing: their legend tells them apart."""
