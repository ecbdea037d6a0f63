"""Time spent listening, and whether what waited at the broker has been heard since."""

from typing import Final

from jemput.fold.state import NEVER_MS, GroupState

QUIET_MS: Final = 10_000
PATIENCE_MS: Final = 15 * 60_000


def switch(state: GroupState, *, up: bool) -> None:
    """The link came up or went down: the rules of time wait for the backlog anew."""
    listening = state.listening
    listening.total_ms = listening.listened_ms(state.now_ms)
    listening.up = up
    listening.since_ms = state.now_ms
    listening.stale_ms = state.now_ms
    listening.settled = False


def skip(state: GroupState, moved_ms: int) -> None:
    """The clock has just jumped ahead: nobody listened to that time, as when nobody ran."""
    listening = state.listening
    if not listening.up:
        return
    until_ms = max(listening.since_ms, state.now_ms - moved_ms)
    heard_ms = listening.listened_ms(until_ms)
    switch(state, up=True)
    listening.total_ms = heard_ms


def drain(state: GroupState, *, backlog: bool) -> bool:
    """Take note of how old the news was; True where the backlog has just been drained."""
    listening = state.listening
    if not listening.up or listening.settled:
        return False
    if backlog:
        listening.stale_ms = state.now_ms
    listening.settled = state.now_ms >= settled_at_ms(state)
    return listening.settled


def settled_at_ms(state: GroupState) -> int:
    """When the backlog counts as drained if nothing old is heard until then."""
    listening = state.listening
    if not listening.up or listening.settled:
        return NEVER_MS
    return min(listening.stale_ms + QUIET_MS, listening.since_ms + PATIENCE_MS)
