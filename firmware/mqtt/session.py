"""One connection to the broker, from CONNECT to DISCONNECT, inside one budget."""

from firmware.budget import OutOfTime
from firmware.mqtt import packets
from firmware.net.stream import Broken

_BUSY = 3
_LARGEST = 1_200  # a piece of a file has 1,024 bytes, an acknowledgement of sixteen boots 400
_LENGTH_BYTES = 4
_TRIES = 3


class Refused(Exception):  # noqa: N818 - that is what we were
    """The broker said no. `lasting` where asking again soon would be as vain."""

    def __init__(self, code):
        super().__init__("refused %d" % code)
        self.code = code
        self.reason = "refused-%d" % code
        self.lasting = code != _BUSY


class Session:
    """`stream` as firmware/net/stream.py; `hear(topic, payload)` is told what comes."""

    def __init__(self, stream, budget, hear, answer_ms):
        self._stream = stream
        self._budget = budget
        self._hear = hear
        self._answer_ms = answer_ms
        self._last_id = 0
        self._wanted = None
        self._found = None

    def open(self, client, password, will_topic, will, keepalive_s):
        """CONNECT; raises Refused, Broken or OutOfTime."""
        self._write(packets.connect(client, password, will_topic, will, keepalive_s))
        body = self._wait_for(packets.CONNACK, None)
        if body is None:
            raise Broken("silent")
        code = _parsed(packets.connack, body)
        if code:
            raise Refused(code)

    def subscribe(self, topics):
        """Hear `topics` from now on; False where the broker lets us hear less."""
        wanted = self._next_id()
        self._write(packets.subscribe(topics, wanted))
        body = self._wait_for(packets.SUBACK, wanted)
        return body is not None and packets.granted(body, len(topics))

    def publish(self, topic, payload, retain=False):  # noqa: FBT002 - a flag of MQTT's
        """At QoS 1, until PUBACK; again as a duplicate where none comes. Raises as `open`."""
        wanted = self._next_id()
        for again in range(_TRIES):
            self._write(packets.publish(topic, payload, wanted, again > 0, retain))
            if self._wait_for(packets.PUBACK, wanted) is not None:
                return
        raise Broken("no-puback")

    def fetch(self, topic):
        """What is retained on a topic, heard this once; None where nothing comes in time.

        At QoS 0: nothing of it need outlive us, and nats-server grants a session four at QoS 1.
        """
        self._wanted, self._found = topic, None
        self._write(packets.subscribe((topic,), self._next_id(), qos=0))
        budget = self._budget.part(self._answer_ms)
        while self._found is None:
            found = self._next(budget)
            if found is None or (found[0] == packets.SUBACK and not packets.granted(found[1], 1)):
                break
        self._wanted = None
        self._write(packets.unsubscribe(topic, self._next_id()))
        return self._found

    def settle(self):
        """Hear what the broker had for us before it answers a ping."""
        self._write(packets.PING)
        if self._wait_for(packets.PINGRESP, None) is None:
            raise Broken("silent")

    def close(self):
        """Say goodbye, so that the last will stays unsaid."""
        self._write(packets.DISCONNECT)
        self.hang_up()

    def hang_up(self):
        """Without a word: the broker then says our last will."""
        self._stream.close()

    def _next_id(self):
        self._last_id += 1
        return self._last_id

    def _write(self, packet):
        """The first write brings the TLS handshake, so it may take as long as an answer."""
        try:
            self._stream.write(packet, self._budget.part(self._answer_ms))
        except OutOfTime:
            self._budget.check()
            raise Broken("stalled")

    def _wait_for(self, wanted, packet_id):
        """The body of the answer; None where it does not come in time."""
        budget = self._budget.part(self._answer_ms)
        while True:
            found = self._next(budget)
            if found is None:
                return None
            kind, body = found
            if kind == wanted and (packet_id is None or _id_of(body) == packet_id):
                return body

    def _next(self, budget):
        """Kind and body of the next packet, a message taken; None where none comes in time."""
        head = self._stream.peek(budget)
        if head is None:
            self._budget.check()
            return None
        body, whole = self._rest()
        kind = head[0] >> 4
        if kind == packets.PUBLISH:
            self._take(head[0] & 0xF, body, whole)
        return kind, body

    def _rest(self):
        """What follows the first byte of a packet, and whether that is all of it."""
        budget = self._budget.part(self._answer_ms)
        try:
            size = self._length(budget)
            body = self._stream.read(min(size, _LARGEST), budget)
            self._stream.skip(size - len(body), budget)
        except OutOfTime:
            self._budget.check()
            raise Broken("slow")
        return body, len(body) == size

    def _length(self, budget):
        size = 0
        for place in range(_LENGTH_BYTES):
            byte = self._stream.read(1, budget)[0]
            size |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                return size
        raise Broken("nonsense")

    def _take(self, flags, body, whole):
        """A message; one too large to keep is acknowledged unread, or it came at every wake."""
        topic, payload, packet_id = _parsed(packets.published, flags, body)
        if packet_id is not None:
            self._write(packets.puback(packet_id))
        if topic == self._wanted:
            self._found = payload if whole else b""
        elif whole:
            self._hear(topic, payload)


def _id_of(body):
    return _parsed(packets.id_of, body)


def _parsed(parse, *what):
    try:
        return parse(*what)
    except packets.Nonsense:
        raise Broken("nonsense")
