"""How an event leaves: a signed POST, to an address that may be."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from jemput import events, webhooks
from jemput.store.deliveries import Letter
from jemput.webhooks import BadUrlError

TIMEOUT_S: Final = 15


class NotDeliveredError(RuntimeError):
    """It did not arrive; the message says why."""


class CheckedResolver(AbstractResolver):
    """Finds the addresses of a name, but none where nothing may be sent.

    They are checked here, when they are used: a name may lead elsewhere than it did before.
    """

    def __init__(self, *, to_lan: bool) -> None:
        """Take whether private networks may be reached."""
        self._to_lan = to_lan
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of the name. Raises `OSError`, also where none may be reached."""
        found = await self._inner.resolve(host, port, family)
        try:
            for one in found:
                webhooks.check_address(ip_address(one["host"]), to_lan=self._to_lan)
        except BadUrlError as error:
            raise OSError(f"{host}: {error}") from error
        return found

    async def close(self) -> None:
        """End."""
        await self._inner.close()


def open_session(*, to_lan: bool) -> aiohttp.ClientSession:
    """A session that reaches only what may be reached."""
    connector = aiohttp.TCPConnector(resolver=CheckedResolver(to_lan=to_lan))
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    return aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
    )


async def post(
    session: aiohttp.ClientSession, letter: Letter, secrets: Sequence[str], *, to_lan: bool
) -> None:
    """Deliver, signed by each secret. Raises `NotDeliveredError`."""
    at_s = int(time.time())
    headers = {
        "Content-Type": events.MEDIA_TYPE,
        "webhook-id": letter.event,
        "webhook-timestamp": str(at_s),
        "webhook-signature": webhooks.signatures(secrets, letter.event, at_s, letter.body),
    }
    with _said_plainly():
        webhooks.check_url(letter.url, to_lan=to_lan)
        async with session.post(
            letter.url, data=letter.body, headers=headers, allow_redirects=False
        ) as answer:
            status = answer.status
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's success
        raise NotDeliveredError(f"the receiver answered {status}")


@contextmanager
def _said_plainly() -> Iterator[None]:
    try:
        yield
    except BadUrlError as error:
        raise NotDeliveredError(str(error)) from error
    except TimeoutError as error:
        raise NotDeliveredError(f"no answer in {TIMEOUT_S} s") from error
    except aiohttp.ClientConnectorError as error:
        raise NotDeliveredError(f"no connection: {error.os_error}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotDeliveredError(f"{type(error).__name__}: {error}") from error
