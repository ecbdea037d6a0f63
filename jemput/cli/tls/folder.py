"""The files of a town's certificates: the CA in two, the server's certificate and key in one.

One file holds what a server shows and what it keeps secret, so that one rename renews both:
no server ever reads a certificate beside the key of another.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jemput.broker.files import put
from jemput.cli.tls.authority import Authority, names_of, new_authority, pem_of, pem_of_key
from jemput.settings import refuse_read_by_others

AUTHORITY: Final = "ca.crt"
AUTHORITY_KEY: Final = "ca.key"
SERVER: Final = "server.pem"
_OURS_ALONE: Final = 0o600
_FOR_ALL: Final = 0o644


@dataclass(frozen=True)
class Certificates:
    """The certificates of one folder."""

    folder: Path

    @property
    def authority(self) -> Path:
        """What devices and our own programs trust; no secret."""
        return self.folder / AUTHORITY

    @property
    def authority_key(self) -> Path:
        """What signs; the most secret file of all."""
        return self.folder / AUTHORITY_KEY

    @property
    def server(self) -> Path:
        """Certificate and key of broker and API."""
        return self.folder / SERVER

    def make(self, town: str, names: list[str], now_s: float) -> None:
        """A new CA, and what it signs for `names`. Nothing is there before."""
        made = new_authority(town, now_s)
        signed = made.issue(names, now_s)
        self.folder.mkdir(mode=0o700, parents=True)
        put(self.authority, pem_of(made.certificate), _FOR_ALL)
        put(self.authority_key, pem_of_key(made.key), _OURS_ALONE)
        put(self.server, signed, _OURS_ALONE)

    def renew(self, more: list[str], now_s: float) -> x509.Certificate:
        """Put a new certificate and key in place of the server's, for its names and `more`.

        Raises `ValueError` where there is no CA, or others may read its key.
        """
        names = [*names_of(read(self.server)), *more]
        put(self.server, self._open().issue(names, now_s), _OURS_ALONE)
        return read(self.server)

    def _open(self) -> Authority:
        certificate, file = read(self.authority), self.authority_key
        refuse_read_by_others(file)
        try:
            key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        except OSError as error:
            message = f"the CA's key {file} cannot be read ({error.strerror}): renew where it is"
            raise ValueError(message) from error
        if isinstance(key, ec.EllipticCurvePrivateKey) and _belongs(key, certificate):
            return Authority(certificate, key)
        raise ValueError(f"{file} is not the key of {self.authority}: put both back as a pair")


def _belongs(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bool:
    return key.public_key() == certificate.public_key()


def read(file: Path) -> x509.Certificate:
    """The first certificate of a file. Raises `ValueError` saying what to do."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except OSError as error:
        message = f"there is no certificate {file} ({error.strerror}): `jemput init` makes one"
        raise ValueError(message) from error
    except ValueError as error:
        raise ValueError(f"{file} holds no certificate in PEM: {error}") from error
