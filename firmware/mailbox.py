"""What a device is told: acknowledgements, configuration, commands. Nothing said can stop it."""

import json

from firmware import config as configuration
from firmware import payload

_COMMANDS = ("measure", "locate", "reboot")
_MOST_COMMANDS = 4
_LARGEST_ID = 0xFFFFFFFF


class Mailbox:
    """Takes what comes during a connection; `settle` acts on it where nothing else goes on."""

    def __init__(self, site, device):
        self._ack = payload.ack_topic(site, device)
        self._config = payload.config_topic(site, device)
        self._command = payload.command_topic(site, device)
        self._acks = []
        self._told = None
        self._commands = []

    def topics(self):
        """What to subscribe to."""
        return [self._ack, self._config, self._command]

    def hear(self, topic, message):
        """A message; what is not for us is left alone."""
        if topic == self._ack:
            self._acks = [message]  # the newest covers what came before
        elif topic == self._config:
            self._told = message
        elif topic == self._command:
            self._commands = self._commands[-_MOST_COMMANDS + 1 :]
            self._commands.append(message)

    def settle_acks(self, kept):
        """Let go of what the application has."""
        for message in self._acks:
            kept.acknowledge(_upto(message))
        self._acks = []

    def settle_config(self, flash, config):
        """The configuration that holds from now on."""
        told, self._told = self._told, None
        return configuration.keep(flash, told, config) if told else config

    def settle_commands(self, notes):
        """Commands not obeyed yet, oldest first; each is obeyed once, whatever is redelivered."""
        wanted = []
        for message in self._commands:
            number, what = _command(message)
            if what and number != notes["command"]:
                notes["command"] = number
                wanted.append(what)
        self._commands = []
        return wanted


def _upto(message):
    try:
        return [(int(boot), int(seq)) for boot, seq in json.loads(message)["upto"]]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return []


def _command(message):
    """Number and name of a command, or (0, None)."""
    try:
        told = json.loads(message)
        number, what = told["id"], told["do"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0, None
    if type(number) is not int or not 0 < number <= _LARGEST_ID or what not in _COMMANDS:
        return 0, None
    return number, what
