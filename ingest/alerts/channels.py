"""The ways an alert can go."""

import hashlib
import hmac
import time
from typing import Protocol

import aiohttp
import structlog

from ingest.speaking import NotConnectedError, Speaker
from jemput import topics
from jemput.alert import Alert, encode, in_one_line
from jemput.things import Collector

TIMEOUT_S = 10
RETRIED = frozenset({408, 429})


class SendFailedError(RuntimeError):
    """The alert did not arrive; `retry` says whether trying again can help."""

    def __init__(self, detail: str, *, retry: bool) -> None:
        """Take what happened."""
        super().__init__(detail)
        self.retry = retry


class Channel(Protocol):
    """One way to reach people."""

    async def send(self, alert: Alert, recipient: str, collector: Collector | None) -> None:
        """Deliver, or raise `SendFailedError`."""


class LogChannel:
    """Into the log, where an operator reads it."""

    async def send(self, alert: Alert, recipient: str, collector: Collector | None) -> None:  # noqa: ARG002 - one shape for all
        """Write it down."""
        text = in_one_line(alert)
        structlog.get_logger(__name__).info("alert", to=recipient, key=alert.key, text=text)


class MqttChannel:
    """To the collector's own app."""

    def __init__(self, speaker: Speaker) -> None:
        """Take who speaks."""
        self._speaker = speaker

    async def send(self, alert: Alert, recipient: str, collector: Collector | None) -> None:  # noqa: ARG002 - one shape for all
        """Publish, and wait for the broker's PUBACK."""
        try:
            await self._speaker.publish(topics.alert(recipient), encode(alert))
        except NotConnectedError as error:
            raise SendFailedError(str(error), retry=True) from error


class WebhookChannel:
    """To another system, signed: `Jemput-Signature: t=...,v1=hmac-sha256(secret, "t.body")`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Take the session; it is not our own."""
        self._session = session

    async def send(self, alert: Alert, recipient: str, collector: Collector | None) -> None:
        """POST the alert as JSON."""
        if collector is None or collector.webhook_url is None:
            raise SendFailedError(f"{recipient} has no webhook_url", retry=False)
        body = encode(alert)
        headers = {"Content-Type": "application/json", "Jemput-Key": alert.key}
        if collector.webhook_secret:
            headers["Jemput-Signature"] = signature(collector.webhook_secret, body, time.time())
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with self._session.post(
                collector.webhook_url,
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,  # followed, a POST may become a GET that delivers nothing
            ) as answer:
                status = answer.status
        except aiohttp.InvalidURL as error:
            message = f"{recipient}: {collector.webhook_url!r} is no URL; correct webhook_url"
            raise SendFailedError(message, retry=False) from error
        except (aiohttp.ClientError, OSError) as error:
            raise SendFailedError(f"{type(error).__name__}: {error}", retry=True) from error
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's success
            is_final = 400 <= status < 500 and status not in RETRIED  # noqa: PLR2004 - client error
            raise SendFailedError(f"the receiver answered {status}", retry=not is_final)


def signature(secret: str, body: bytes, at_s: float) -> str:
    """What proves to the receiver that it was us, and when."""
    at = str(int(at_s))
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
