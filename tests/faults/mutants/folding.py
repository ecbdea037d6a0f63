"""Guarantees of the fold, broken: what is known, what calls, what recovery does."""
# ruff: noqa: ANN401 - what is patched is whatever is there

from typing import Any

import msgspec

from ingest import decoding
from jemput import memory
from jemput.fold import judging
from jemput.fold.fold import Fold
from tests.faults.mutants.mutant import mutant, put


@mutant("duplicates, reboots, new boots")
def skips_the_dedupe() -> None:
    """Every reading counts as new."""
    put(memory.DeviceMemory, "judge", lambda _: lambda *_: memory.Verdict.NEW)


@mutant("batches of kept readings after a long outage")
def remembers_too_little() -> None:
    """Of a device the last fifty readings are known, and what is older cannot be told."""
    put(memory, "WINDOW", lambda _: 50)


@mutant("kill -9 at random moments")
def forgets_decisions_in_recovery() -> None:
    """Recovery takes what was read and not what was decided."""

    def wrap(usual: Any) -> object:
        def replay(self: Any, one: Any) -> None:
            usual(self, msgspec.structs.replace(one, decisions=()))

        return replay

    put(Fold, "replay", wrap)


@mutant("old news calls nobody")
def judges_late_readings() -> None:
    """A level calls a truck however old it is."""
    put(judging, "CALLING_RULES", lambda rules: (_late(rules[0]), *rules[1:]))


def _late(rule: Any) -> object:
    return lambda view: rule(_Fresh(view))


class _Fresh:
    """A view that says that its level is fresh."""

    has_fresh_level = True

    def __init__(self, view: Any) -> None:
        self._view = view

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)


@mutant("poison of many kinds")
def takes_what_names_another_device() -> None:
    """A payload that names another device than its topic is taken."""

    def wrap(usual: Any) -> object:
        return lambda said: msgspec.structs.replace(usual(said), device=None)

    put(decoding, "decode", wrap)


@mutant("upgrade and rollback in mid-stream")
def decides_again_in_recovery() -> None:
    """Recovery decides anew by the rules of today, whatever was decided."""

    def wrap(_: Any) -> object:
        def replay(self: Any, one: Any) -> None:
            self.fold(one.intake, one.epoch)

        return replay

    put(Fold, "replay", wrap)
