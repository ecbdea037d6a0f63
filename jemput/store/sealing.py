"""Words that can be read again only by whoever brings the secret: it is not kept with them."""

import hmac
from hashlib import sha256
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12


class SealBrokenError(ValueError):
    """The words were sealed under another secret, or changed since."""


class Seal:
    """What a secret and its owner are good for: a name, fingerprints, and sealing.

    The secret must be hard to guess, such as a UUID: then the name tells nothing of it.
    """

    def __init__(self, secret: str, owner: str) -> None:
        """Derive one key for each use. `owner` holds no NUL."""
        material = f"{owner}\0{secret}".encode()
        self.name = sha256(b"jemput keyed request\0" + material).hexdigest()
        self._print_key = _derived(material, b"fingerprint")
        self._seal_key = _derived(material, b"answer")

    def fingerprint(self, told: bytes) -> str:
        """What tells one request from another, and tells nobody else what was in it."""
        return hmac.digest(self._print_key, told, "sha256").hex()

    def close(self, words: bytes) -> bytes:
        """The words, sealed."""
        nonce = token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._seal_key).encrypt(nonce, words, self.name.encode())

    def open(self, sealed: bytes) -> bytes:
        """The words again. Raises `SealBrokenError`."""
        nonce, words = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return AESGCM(self._seal_key).decrypt(nonce, words, self.name.encode())
        except InvalidTag as error:
            raise SealBrokenError("the answer was sealed under another key") from error


def _derived(material: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"jemput " + use).derive(material)
