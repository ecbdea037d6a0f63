"""Saying what is kept: network, time, broker, and what the broker has for us."""

import binascii
import gc

from firmware import clock, payload, status
from firmware.budget import OutOfTime
from firmware.commands import MEASURE
from firmware.mailbox import Mailbox
from firmware.mqtt.session import Session
from firmware.net.dial import dial
from firmware.net.stream import Broken

_KEEPALIVE_S = 60
_DNS, _NTP = 53, 123
_ASK_MS = 5_000
_RSSI_OFFSET = 256
_GOODBYE_MS = 1_000


class Report:
    """One connection. `board.settings` say who we are and where the broker is: see README.md.

    `again()` measures once more, for whoever commands it.
    """

    def __init__(self, board, desk, budget, again):
        self._board = board
        self._kept = desk.kept
        self._config = desk.configuration.settled
        self._desk = desk
        self._budget = budget
        self._again = again
        self._settings = board.settings
        self.mailbox = Mailbox(self._settings["site"], self._settings["device"])

    def run(self, sleep_s):
        """Everything; raises Broken, Refused or OutOfTime, and what was said until then is said."""
        board, notes = self._board, self._kept.notes
        board.connect(self._budget)
        rssi_dbm = board.rssi_dbm()
        notes["rssi"] = rssi_dbm + _RSSI_OFFSET if rssi_dbm is not None else 0
        self._set_clock()
        session = self._open()
        try:
            session.subscribe(self.mailbox.topics())
            session.settle()
            self.mailbox.settle_acks(self._kept)
            self._obey()
            self._send(session)
            self._update(session)
            self._say_goodbye(session, sleep_s)
        finally:
            session.hang_up()
            self.mailbox.settle_acks(self._kept)

    def _set_clock(self):
        """Without time no certificate can be judged; without TLS it is only a worse clock."""
        board, notes = self._board, self._kept.notes
        if not clock.must_sync(notes, board.now()):
            return
        try:
            self._ask_the_time()
        except Broken:
            if board.tls and not notes["synced_at"]:
                raise Broken("no-time")

    def _ask_the_time(self):
        from firmware.net import ntp  # noqa: PLC0415 - most wakes know the time

        board, budget = self._board, self._budget.part(_ASK_MS)
        name = self._settings.get("ntp")
        if not name:
            return
        address = self._address(name, budget)
        port = self._settings.get("ntp_port", _NTP)
        now_s = self._asked(ntp.unix_seconds, (address, port), board.random_bits(32), budget)
        board.set_now(now_s)
        self._kept.notes["synced_at"] = now_s

    def _open(self):
        settings, notes, board = self._settings, self._kept.notes, self._board
        address = _dotted(notes["address"])
        if not address:
            address = self._address(settings["host"], self._budget.part(_ASK_MS))
        stream = dial(address, settings["port"], self._budget, board.tls)
        session = Session(stream, self._budget, self.mailbox.hear, self._config["answer_ms"])
        topic = payload.status_topic(settings["site"], settings["device"])
        try:
            session.open(settings["device"], settings["password"], topic, status.LOST, _KEEPALIVE_S)
        except BaseException:
            session.hang_up()
            raise
        notes["address"] = _number(address)
        return session

    def _address(self, name, budget):
        if name.replace(".", "").isdigit():
            return name
        from firmware.net import dns  # noqa: PLC0415 - most wakes know the address

        server = (self._board.dns_server(), self._settings.get("dns_port", _DNS))
        return self._asked(dns.resolve, name, server, self._board.random_bits(16), budget)

    def _asked(self, question, *arguments):
        """A silent server is a broken link, unless the whole wake is over."""
        try:
            return question(*arguments)
        except OutOfTime:
            self._budget.check()
            raise Broken("unanswered")

    def _send(self, session):
        """Everything the broker has not, oldest first, in batches."""
        settings, kept = self._settings, self._kept
        self._consider_again()
        topic = payload.reading_topic(settings["site"], settings["device"])
        pairs = kept.kept()
        for batch in kept.batches(self._config["batch"]):
            session.publish(topic, payload.encode_message(batch, pairs))
            kept.sent(batch)

    def _consider_again(self):
        """What the broker took long ago and nobody acknowledged goes again, ever more rarely."""
        kept, notes = self._kept, self._kept.notes
        if not kept.unanswered():
            notes["resend_in"], notes["resends"] = self._config["resend_after"], 0
        elif notes["resend_in"] > 1:
            notes["resend_in"] -= 1
        else:
            kept.send_again()
            notes["resends"] += 1
            notes["resend_in"] = self._config["resend_after"] << min(notes["resends"], 2)

    def _obey(self):
        """What we are told, as far as it is done with the radio on."""
        desk, board = self._desk, self._board
        if self.mailbox.config is not None:
            desk.configuration.hear(self.mailbox.config)
        now_s = board.now() if self._kept.notes["synced_at"] else 0
        desk.commands.hear(self.mailbox.commands(), now_s)
        if MEASURE in desk.commands.wanted:
            self._again()

    def _update(self, session):
        """Go on with an update, where there is one, time and battery for it.

        It costs memory, so it is imported only then.
        """
        desk, settings = self._desk, self._settings
        told = self.mailbox.update
        if not told or desk.trial.is_on or desk.is_low:
            return
        from firmware.update.manifest import release_of  # noqa: PLC0415 - see above

        if release_of(told) == desk.trial.release:
            return
        gc.collect()
        from firmware.update.building import Building, fetching  # noqa: PLC0415 - see above

        board, notes = self._board, self._kept.notes
        building = Building(desk.flash, board.folder, board.free_bytes, notes)
        reserve_ms = self._config["answer_ms"] + _GOODBYE_MS
        fetch = fetching(session, payload.chunk_topic, self._budget, reserve_ms)
        desk.building = building
        building.run(told, _bytes(settings.get("update_key")), settings["device"], fetch)

    def _say_goodbye(self, session, sleep_s):
        settings, board, desk = self._settings, self._board, self._desk
        topic = payload.status_topic(settings["site"], settings["device"])
        until_s = board.now() + sleep_s if self._kept.notes["synced_at"] else 0
        told = {
            "release": desk.trial.release,
            "refused": desk.configuration.refused,
            "commands": desk.commands.said(),
            "update": desk.said_of_update(),
        }
        said = status.asleep(until_s, desk.configuration.version, self._kept.notes, told)
        session.publish(topic, said, retain=True)
        session.close()


def _bytes(text):
    return binascii.unhexlify(text) if text else None


def _number(address):
    number = 0
    for part in address.split("."):
        number = number << 8 | int(part)
    return number


def _dotted(number):
    if not number:
        return None
    return ".".join([str(number >> shift & 0xFF) for shift in (24, 16, 8, 0)])
