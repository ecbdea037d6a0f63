"""Why a link to the broker ended, in words that say what to look at next."""

import ssl
from collections.abc import Iterable
from typing import Final, Self

_CHECK_ACCOUNT: Final = "check JEMPUT_MQTT_USERNAME and JEMPUT_MQTT_PASSWORD"
_REFUSALS: Final = {
    1: "it does not speak MQTT 3.1.1; use a broker that does",
    2: "it does not take this client id; check JEMPUT_MQTT_CLIENT_ID",
    3: "it is not ready; it may still be starting",
    4: f"it does not take this user and password; {_CHECK_ACCOUNT}",
    5: f"it does not let this user in, or the password is wrong; {_CHECK_ACCOUNT}",
}
_NOT_READY: Final = 3
_V5_OFFSET: Final = 131


class LinkError(Exception):
    """A link that ended or never came up. `slow` when trying again soon cannot help."""

    slow = False


class LinkLostError(LinkError):
    """The network or the broker went away."""

    def __init__(self, address: object, how: str) -> None:
        """Take where and how."""
        super().__init__(f"lost the link to {address}: {how}")


class UnreachableError(LinkError):
    """No connection came about."""

    def __init__(self, address: object, cause: object) -> None:
        """Take where and why."""
        advice = "check host, port and firewall"
        if isinstance(cause, ssl.SSLCertVerificationError):
            cause = f"its certificate is refused: {cause.verify_message}"
            advice = "renew it at the broker, or check JEMPUT_MQTT_CA_FILE"
        super().__init__(f"cannot reach {address}: {cause}; {advice}")


class SilentError(LinkError):
    """A connection came about, but no MQTT on it."""

    def __init__(self, address: object) -> None:
        """Take where."""
        super().__init__(f"{address} does not answer as an MQTT broker; check port and TLS")


class ProtocolViolationError(LinkError):
    """The broker sent what MQTT 3.1.1 does not allow."""


class RefusedError(LinkError):
    """The broker answered CONNECT with a refusal; `code` is that of the CONNACK."""

    def __init__(self, code: int) -> None:
        """Take the CONNACK's code."""
        super().__init__(f"the broker refused us: {_REFUSALS.get(code, f'unknown code {code}')}")
        self.code = code
        self.slow = code != _NOT_READY

    @classmethod
    def by_v5_number(cls, number: int) -> Self:
        """From what paho makes of MQTT 3.1.1's codes: their numbers in MQTT 5."""
        return cls(number - _V5_OFFSET)


class SubscriptionRefusedError(LinkError):
    """The broker granted the connection, but not all of what we want to hear."""

    slow = True

    def __init__(self, filters: Iterable[str]) -> None:
        """Take the topic filters that were not granted."""
        names = ", ".join(filters)
        super().__init__(f"the broker refuses to let us hear {names}; give this user that right")
