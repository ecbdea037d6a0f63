"""MQTT 3.1.1 packets to bytes and back, as far as a bin needs them. Pure."""

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13

PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

_CONNECT, _SUBSCRIBE, _UNSUBSCRIBE = b"\x10", b"\x82", b"\xa2"
_LEVEL = b"\x00\x04MQTT\x04"
_USER, _PASSWORD, _WILL_RETAIN, _WILL_QOS_1, _WILL = 0x80, 0x40, 0x20, 0x08, 0x04
_DUP = 0x08
_RETAIN, _QOS_1 = 0x01, 0x02
_SHORT = 2  # bytes of a length or an id
_SEVEN_BITS = 0x7F


class Nonsense(Exception):  # noqa: N818 - what a peer wrote is
    """The peer wrote what MQTT does not know."""


def connect(client, password, will_topic, will, keepalive_s):
    """CONNECT of a persistent session: `client` is user and client id, `will` is retained."""
    flags = _USER | _PASSWORD | _WILL_RETAIN | _WILL_QOS_1 | _WILL
    body = _LEVEL + bytes((flags,)) + _short(keepalive_s)
    for text in (client, will_topic, will, client, password):
        body += _text(text)
    return _CONNECT + _length(len(body)) + body


def publish(topic, payload, packet_id, again=False, retain=False):  # noqa: FBT002 - named flags
    """PUBLISH at QoS 1."""
    flags = _QOS_1 | (_DUP if again else 0) | (_RETAIN if retain else 0)
    name = _text(topic)
    size = len(name) + 2 + len(payload)
    return bytes((PUBLISH << 4 | flags,)) + _length(size) + name + _short(packet_id) + payload


def puback(packet_id):
    """PUBACK: we have it."""
    return bytes((PUBACK << 4, 2)) + _short(packet_id)


def subscribe(topics, packet_id, qos=1):
    """SUBSCRIBE to all of `topics` at QoS 1, or 0."""
    body = _short(packet_id)
    for topic in topics:
        body += _text(topic) + bytes((qos,))
    return _SUBSCRIBE + _length(len(body)) + body


def unsubscribe(topic, packet_id):
    """UNSUBSCRIBE from one topic."""
    body = _short(packet_id) + _text(topic)
    return _UNSUBSCRIBE + _length(len(body)) + body


def id_of(body):
    """The packet id that a PUBACK or SUBACK begins with."""
    if len(body) < _SHORT:
        raise Nonsense
    return body[0] << 8 | body[1]


def connack(body):
    """The return code of a CONNACK."""
    if len(body) != _SHORT:
        raise Nonsense
    return body[1]


def granted(body, count):
    """Whether a SUBACK grants all `count` subscriptions."""
    return len(body) == _SHORT + count and max(body[_SHORT:]) <= 1


def published(flags, body):
    """Topic, payload and packet id (None at QoS 0) of a PUBLISH that came."""
    qos = flags >> 1 & 3
    if len(body) < _SHORT or qos > 1:
        raise Nonsense
    end = _SHORT + id_of(body)
    start = end + _SHORT * qos
    if len(body) < start:
        raise Nonsense
    try:
        topic = str(body[_SHORT:end], "utf-8")
    except (UnicodeError, ValueError):
        raise Nonsense
    return topic, body[start:], id_of(body[end:]) if qos else None


def _text(text):
    data = text if isinstance(text, bytes) else text.encode()
    return _short(len(data)) + data


def _short(number):
    return bytes((number >> 8, number & 0xFF))


def _length(size):
    encoded = b""
    while size > _SEVEN_BITS:
        encoded += bytes((size & _SEVEN_BITS | 0x80,))
        size >>= 7
    return encoded + bytes((size,))
