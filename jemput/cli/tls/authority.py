"""A certificate authority of this town's own, and what it signs: EC P-256, no network."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS: Final = 3653
SERVER_DAYS: Final = 398
_BEFORE: Final = timedelta(hours=1)
"""A device whose clock is a little behind still believes a certificate made just now."""
_HOST: Final = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PLAIN: Final = serialization.NoEncryption()


@dataclass(frozen=True)
class Authority:
    """Whoever trusts `certificate` trusts what `key` signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def issue(self, names: Iterable[str], now_s: float) -> bytes:
        """A server's certificate for names and addresses, and its new key, as one PEM.

        Raises `ValueError` for what is neither a name nor an address.
        """
        alternatives = [_alternative(name) for name in dict.fromkeys(names)]
        if not alternatives:
            raise ValueError("a certificate needs a name: give --name bins.example.org")
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.fromtimestamp(now_s, UTC)
        until = min(now + timedelta(days=SERVER_DAYS), self.certificate.not_valid_after_utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_named("Jemput server"))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BEFORE)
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_key_id(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )
        return pem_of(certificate) + pem_of_key(key)


def new_authority(town: str, now_s: float) -> Authority:
    """A CA that signs itself, for ten years."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.fromtimestamp(now_s, UTC)
    name = _named(f"Jemput CA of {town}"[:64])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_key_id(key), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(certificate, key)


def pem_of(certificate: x509.Certificate) -> bytes:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key as text, unencrypted: the file's permissions guard it."""
    pkcs8 = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, pkcs8, _PLAIN)


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names and addresses that a certificate is good for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return [str(one.value) for one in found.value]


def days_left(certificate: x509.Certificate, now_s: float) -> int:
    """Whole days until it ends; negative afterwards."""
    return (certificate.not_valid_after_utc - datetime.fromtimestamp(now_s, UTC)).days


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        if _HOST.fullmatch(name):
            return x509.DNSName(name)
    raise ValueError(f"{name!r} is neither a host's name nor an address: write bins.example.org")


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
