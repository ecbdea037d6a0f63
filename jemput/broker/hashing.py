"""Passwords as nats-server and Mosquitto keep them, so that one database serves either."""

import hashlib
import os
from base64 import b64encode
from typing import Final

import bcrypt

from jemput.hashes import Hashes

# The lowest costs there are. Passwords are 128 random bits, so there is nothing to stretch, and a
# thousand devices coming back after a blackout are each checked in a millisecond.
_BCRYPT_ROUNDS: Final = 4
_PBKDF2_ROUNDS: Final = 101
_SALT_BYTES: Final = 12


def hashed(password: str) -> Hashes:
    """The hashes of a random password; never of one that a person chose."""
    salt = os.urandom(_SALT_BYTES)
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _PBKDF2_ROUNDS)
    mosquitto = f"$7${_PBKDF2_ROUNDS}${b64encode(salt).decode()}${b64encode(derived).decode()}"
    nats = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_BCRYPT_ROUNDS)).decode()
    return Hashes(nats, mosquitto)
