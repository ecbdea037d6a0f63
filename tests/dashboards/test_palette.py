"""Colours that mean something are told apart by people who lack a kind of cone."""

from itertools import combinations

import pytest

from dashboards.palette import MEANINGS, SERIES

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SEEN_BY = {
    "everybody": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
APART = 20
"""CIE76; 2.3 is what an attentive eye just sees."""

Triple = tuple[float, float, float]


def linear(colour: str) -> list[float]:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def lab(rgb: list[float]) -> Triple:
    r, g, b = (min(1.0, max(0.0, value)) for value in rgb)
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, by: str) -> Triple:
    rgb = linear(colour)
    return lab([sum(w * c for w, c in zip(row, rgb, strict=True)) for row in SEEN_BY[by]])


def apart(one: str, other: str, by: str) -> float:
    pairs = zip(seen(one, by), seen(other, by), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@pytest.mark.parametrize("by", SEEN_BY)
def test_each_meaning_is_told_from_each_other(by: str) -> None:
    for one, other in combinations(MEANINGS.values(), 2):
        assert apart(one, other, by) >= APART, (one, other)


@pytest.mark.parametrize("by", SEEN_BY)
def test_lines_beside_each_other_are_told_apart(by: str) -> None:
    for one, other in combinations(SERIES, 2):
        assert apart(one, other, by) >= APART / 2, (one, other)


def test_green_and_red_would_fail() -> None:
    assert apart("#33AA33", "#CC3333", "deuteranopia") < apart("#0072B2", "#D55E00", "deuteranopia")
    assert apart("#73BF69", "#F2CC0C", "protanopia") < apart("#0072B2", "#F0E442", "protanopia")
