"""A share, where there is something to share."""


def ratio(part: float, whole: float) -> float | None:
    """Return `part / whole`; None when there is nothing to take a part of."""
    return part / whole if whole else None
