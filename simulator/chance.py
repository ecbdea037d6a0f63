"""Seeded chance: everything that happens by chance in a town happens the same way again."""

import math
import random


def chance(*names: object) -> random.Random:
    """A generator of its own for whatever these names name; the same names, the same draws."""
    return random.Random(":".join(str(name) for name in names))


def lognormal(rng: random.Random, median: float, cv: float) -> float:
    """A draw around `median` whose spread is `cv` of its mean."""
    return median * math.exp(rng.gauss(0, math.sqrt(math.log(1 + cv * cv))))
