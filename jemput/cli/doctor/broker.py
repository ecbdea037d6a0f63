"""The broker: measured with our own account, on a topic that no device has.

A broker that keeps few unacknowledged messages under way slows the ingester; one that
keeps few for an absent session loses what came meanwhile, and tells nobody.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from secrets import token_hex
from typing import Final

from ingest.mqtt.session import Address
from jemput.cli.doctor.files import RENEW
from jemput.cli.doctor.finding import Finding, bad, doubt, good
from jemput.cli.doctor.probe import Probe, ProbeFailedError

WINDOW: Final = 600
"""More than one commit of the ingester takes."""
QUEUE: Final = 1500
"""More than Mosquitto keeps by default."""
SOON_DAYS: Final = 30
EXPIRED: Final = 10
"""X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""
NAMES: Final = "for another name, `jemput certificate renew --name NAME`"
MOSQUITTO_LOSES: Final = (
    "loses what it acknowledged when it is killed, unless it is told to save; what was on its way "
    "to a connected ingester is not saved even then"
)
MOSQUITTO_SAVES: Final = (
    "persistence true · autosave_on_changes true · autosave_interval 1 · devices that keep a "
    "reading until the ack (docs/protocol.md), or our own broker"
)


def broker(address: Address) -> Iterator[Finding]:
    """Reach it, measure it, and look at its certificate."""
    if address.tls is not None:
        yield from certificate(address)
    else:
        yield from _plain(address)
    try:
        probe = Probe(address, f"jemput-doctor-{token_hex(8)}")
        yield good("broker", f"{address} takes our account")
        yield from _measured(probe)
    except ProbeFailedError as error:
        yield bad("broker", str(error), error.remedy)


def _plain(address: Address) -> Iterator[Finding]:
    if address.host not in {"127.0.0.1", "::1", "localhost"}:
        remedy = "give the broker a certificate and set JEMPUT_MQTT_TLS=true"
        yield doubt("broker", f"{address} is reached without TLS: passwords can be read", remedy)


def _measured(probe: Probe) -> Iterator[Finding]:
    window = probe.unacknowledged(WINDOW)
    if window < WINDOW:
        yield doubt(
            "broker",
            f"it sends only {window} messages before it wants an acknowledgement",
            "Mosquitto: max_inflight_messages 0 · nats-server: max_ack_pending 16000",
        )
    else:
        yield good("broker", f"{window} unacknowledged messages may be under way")
    kept, session_kept = probe.kept_while_away(QUEUE)
    if kept < QUEUE:
        yield bad(
            "broker",
            f"it drops what comes while the ingester is away: {QUEUE - kept} of {QUEUE} were lost",
            "Mosquitto: max_queued_messages 0",
        )
    elif not session_kept:
        yield bad("broker", "it forgot our session while we were away", "let it keep sessions")
    else:
        yield good("broker", f"it kept all of {QUEUE} messages while we were away")
    yield from _mosquitto(probe)


def _mosquitto(probe: Probe) -> Iterator[Finding]:
    """What a restart does cannot be measured from here; what the broker is can be asked."""
    version = probe.version()
    if version and "mosquitto" in version:
        yield doubt("broker", f"{version} {MOSQUITTO_LOSES}", MOSQUITTO_SAVES)


def certificate(address: Address) -> Iterator[Finding]:
    """Whether the broker's certificate holds, and for how long."""
    assert address.tls is not None  # noqa: S101 - the caller has looked
    try:
        with (
            socket.create_connection((address.host, address.port), timeout=5) as plain,
            address.tls.wrap_socket(plain, server_hostname=address.host) as secured,
        ):
            until = str((secured.getpeercert() or {}).get("notAfter"))
    except ssl.SSLCertVerificationError as error:
        has_ended = error.verify_code == EXPIRED
        remedy = (
            RENEW if has_ended else f"set JEMPUT_MQTT_CA_FILE to the CA that signed it; {NAMES}"
        )
        yield bad("certificate", f"the broker's does not hold: {error.verify_message}", remedy)
        return
    except OSError as error:
        yield bad("certificate", f"no TLS at {address}: {error}", "check port and JEMPUT_MQTT_TLS")
        return
    days = int(ssl.cert_time_to_seconds(until) - time.time()) // 86_400
    sentence = f"the broker's holds {days} days more"
    if days < SOON_DAYS:
        yield doubt("certificate", sentence, RENEW)
    else:
        yield good("certificate", sentence)
