"""What comes during a connection, kept until nothing else goes on. Nothing said can stop it."""

import json

from firmware import payload

_MOST_COMMANDS = 8
_KINDS = ("ack", "config", "command", "update")


class Mailbox:
    """Takes what comes; whoever it is for asks for it."""

    def __init__(self, site, device):
        self._own = payload.own_topic(site, device, "")
        self.config = None
        self.update = None
        self._acks = []
        self._commands = []

    def topics(self):
        """What to subscribe to."""
        return [self._own + kind for kind in _KINDS]

    def hear(self, topic, message):
        """A message; what is not for us is left alone."""
        if not topic.startswith(self._own):
            return
        kind = topic[len(self._own) :]
        if kind == "ack":
            self._acks = [message]  # the newest covers what came before
        elif kind == "config":
            self.config = message
        elif kind == "update":
            self.update = message
        elif kind == "command":
            self._commands = self._commands[-_MOST_COMMANDS + 1 :]
            self._commands.append(message)

    def settle_acks(self, kept):
        """Let go of what the application has."""
        for message in self._acks:
            kept.acknowledge(_upto(message))
        self._acks = []

    def commands(self):
        """Those that came since the last time, oldest first."""
        told, self._commands = self._commands, []
        return told


def _upto(message):
    try:
        return [(int(boot), int(seq)) for boot, seq in json.loads(message)["upto"]]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return []
