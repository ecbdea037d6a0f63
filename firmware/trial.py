"""An application on trial: good once the host has what it measured, left where that never comes."""

from firmware import start

_MOST_REPORTS = 24  # tried, and not acknowledged


class Trial:
    """`release` is the good one, or the one on trial while it is."""

    def __init__(self, root):
        self._root = root
        self._state = start.read(root)
        self.is_on = self._state["trial"] > 0
        self.release = self._state["trial"] or self._state["release"]
        self.bad = self._state["bad"]

    def measured(self, boot, seq):
        """Its first reading in this boot is what has to be acknowledged."""
        if self.is_on and self._state["boot"] != boot:
            self._state["boot"], self._state["seq"] = boot, seq

    def ended(self, kept, has_tried):
        """An orderly end of a wake, which may have tried to report."""
        if not self.is_on:
            return
        state = self._state
        state["boots"] = 0
        state["reports"] += has_tried
        if kept.acked(state["boot"]) >= state["seq"]:
            state["release"] = state["trial"]
            state["trial"] = state["reports"] = state["boot"] = state["seq"] = 0
        elif state["reports"] >= _MOST_REPORTS:
            kept.put_away()
            start.roll_back(state)
        try:
            start.write(self._root, state)
        except OSError:
            pass  # the next wake judges again
