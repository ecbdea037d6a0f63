"""A password as brokers keep it."""

from msgspec import Struct


class Hashes(Struct, frozen=True):
    """One password, hashed for each broker: bcrypt, and Mosquitto's `$7$iterations$salt$hash`."""

    nats: str
    mosquitto: str
