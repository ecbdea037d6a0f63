"""Certificates by real connections: who is believed, and what is shown after a renewal."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from fastapi import FastAPI
from structlog.testing import capture_logs

from api.certificate import Tls
from api.server import Server
from jemput.broker.ports import LOOPBACK, free_port
from jemput.cli.tls.authority import SERVER_DAYS, days_left, names_of
from jemput.cli.tls.folder import Certificates, read
from jemput.settings import SettingsError
from tests.servers.process import wait_until

DAY_S = 86_400
NAMES = ["bins.example.org", LOOPBACK]


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    """A new town's certificates."""
    certificates = Certificates(tmp_path / "tls")
    certificates.make("pakam", NAMES, time.time())
    return certificates


def trusting(made: Certificates) -> ssl.SSLContext:
    """Whoever believes this CA and no other."""
    return ssl.create_default_context(cafile=made.authority)


def shown(port: int, context: ssl.SSLContext, name: str = LOOPBACK) -> x509.Certificate:
    """What a server shows to somebody who connects; raises where it is not believed."""
    with (
        socket.create_connection((LOOPBACK, port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")


@contextmanager
def serving(tls: Tls) -> Iterator[int]:
    """The API's own server with an app that says nothing; its port."""
    app = FastAPI()
    app.state.feed = type("Feed", (), {"close": staticmethod(lambda: None)})
    port = free_port()
    server = Server(app, LOOPBACK, port)
    server.speak_tls(tls)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started, 30, "the API")
        yield port
    finally:
        server.should_exit = True
        thread.join(30)


def test_who_trusts_the_ca_believes_its_names_and_no_others(made: Certificates) -> None:
    with serving(Tls(made.server)) as port:
        assert names_of(shown(port, trusting(made))) == NAMES
        assert names_of(shown(port, trusting(made), "bins.example.org")) == NAMES
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            shown(port, trusting(made), "elsewhere.example.org")
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            shown(port, ssl.create_default_context())


def test_strict_openssl_finds_the_chain_good(made: Certificates) -> None:
    context = trusting(made)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT

    with serving(Tls(made.server)) as port:
        assert names_of(shown(port, context)) == NAMES


def test_a_renewed_certificate_is_shown_without_a_restart(made: Certificates) -> None:
    before = read(made.server)
    with serving(Tls(made.server)) as port:
        assert shown(port, trusting(made)).serial_number == before.serial_number

        renewed = made.renew([], time.time())

        wait_until(
            lambda: shown(port, trusting(made)).serial_number == renewed.serial_number,
            30,
            "the renewed certificate",
        )
    assert renewed.public_key() != before.public_key()
    assert names_of(renewed) == NAMES


def test_a_broken_file_leaves_the_old_certificate_in_use(made: Certificates) -> None:
    before = read(made.server)
    with capture_logs() as said, serving(Tls(made.server)) as port:
        made.server.write_text("half a certificate")
        wait_until(
            lambda: any(one["event"] == "certificate_not_taken" for one in said), 30, "a warning"
        )

        assert shown(port, trusting(made)).serial_number == before.serial_number


def test_a_certificate_holds_398_days_and_never_longer_than_its_ca(made: Certificates) -> None:
    now_s = time.time()
    assert days_left(read(made.server), now_s) == SERVER_DAYS - 1
    assert days_left(read(made.authority), now_s) == 3652

    late = made.renew([], now_s + 3500 * DAY_S)

    assert late.not_valid_after_utc == read(made.authority).not_valid_after_utc


def test_what_a_server_shows_signs_nothing(made: Certificates) -> None:
    kinds = [
        read(file).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for file in (made.authority, made.server)
    ]

    assert kinds == [True, False]


def test_secrets_are_for_our_eyes_only_and_refused_otherwise(made: Certificates) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in made.folder.iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "server.pem": 0o600}
    made.renew([], time.time())
    assert made.server.stat().st_mode & 0o777 == 0o600

    made.authority_key.chmod(0o640)

    with pytest.raises(SettingsError, match=f"chmod 600 {made.authority_key}"):
        made.renew([], time.time())


def test_a_key_of_another_ca_is_refused(made: Certificates, tmp_path: Path) -> None:
    other = Certificates(tmp_path / "other")
    other.make("elsewhere", NAMES, time.time())
    made.authority_key.write_bytes(other.authority_key.read_bytes())

    with pytest.raises(ValueError, match="put both back as a pair"):
        made.renew([], time.time())


@pytest.mark.parametrize("name", ["two words", "http://x", "", "-x"])
def test_what_is_no_name_is_refused(made: Certificates, name: str) -> None:
    with pytest.raises(ValueError, match="neither a host's name nor an address"):
        made.renew([name], time.time())
