"""Deeds that begin together."""

import threading
from collections.abc import Callable


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What came of deeds that began together: what each returned, or raised."""
    gate = threading.Barrier(len(deeds))
    came: list[object] = []

    def do(deed: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            came.append(deed())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            came.append(error)

    threads = [threading.Thread(target=do, args=(one,)) for one in deeds]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return came
