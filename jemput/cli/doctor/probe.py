"""Measuring a broker from outside: how much it lets run, and what it keeps for the absent."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from ingest.mqtt.errors import RefusedError
from ingest.mqtt.session import Address
from jemput import topics

DEVICE: Final = "doctor"
SITE: Final = "doctor"
QUIET_S: Final = 1.0
CALL_S: Final = 15.0
LOOK_S: Final = 0.02
IN_FLIGHT: Final = 200


class ProbeFailedError(RuntimeError):
    """The broker could not be measured; `remedy` says what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Take what happened, and what to do."""
        super().__init__(message)
        self.remedy = remedy


class Line(paho.Client):
    """One connection that notes what the broker says."""

    def __init__(self, address: Address, client_id: str, *, clean: bool, acks: bool) -> None:
        """Take where, and whether it forgets at the end and acknowledges what it hears."""
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id, clean_session=clean, manual_ack=not acks
        )
        self.max_inflight_messages_set(IN_FLIGHT)
        self.username_pw_set(address.user, address.password)
        if address.tls is not None:
            self.tls_set_context(address.tls)
        self.heard: list[bytes] = []
        self.answer: ReasonCode | None = None
        self.resumed = False
        self.granted = threading.Event()
        self.refused = False
        self.on_connect = self._note_answer
        self.on_subscribe = self._note_grant
        self.on_message = self._note_message

    def _note_answer(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.ConnectFlags,
        code: ReasonCode,
        _more: object,
    ) -> None:
        self.resumed = flags.session_present
        self.answer = code

    def _note_grant(
        self, _client: paho.Client, _data: object, _id: int, codes: list[ReasonCode], _more: object
    ) -> None:
        self.refused = any(code.is_failure for code in codes)
        self.granted.set()

    def _note_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.heard.append(bytes(message.payload))


class Probe:
    """Speaks and hears with one account, on a topic that no device has."""

    def __init__(self, address: Address, client_id: str) -> None:
        """Connect once. Raises `ProbeFailedError` where that fails."""
        self._address = address
        self._client_id = client_id
        self._topic = topics.ack(SITE, DEVICE)
        self._forget()

    def unacknowledged(self, most: int) -> int:
        """How many messages it sends before it wants one acknowledged, at most `most`."""
        with self._line(clean=False, acks=False) as line:
            self._subscribe(line)
            self._publish(most)
            _wait_until_quiet(line.heard, most)
        self._forget()
        return min(most, len(set(line.heard)))

    def kept_while_away(self, most: int) -> tuple[int, bool]:
        """How many of `most` messages it kept for an absent session, and whether it kept that."""
        with self._line(clean=False) as line:
            self._subscribe(line)
        self._publish(most)
        with self._line(clean=False) as line:
            _wait_until_quiet(line.heard, most)
        self._forget()
        return len(set(line.heard)), line.resumed

    def version(self) -> str | None:
        """What a Mosquitto says of itself; others say nothing."""
        with self._line(clean=True) as line:
            line.subscribe("$SYS/broker/version")
            _wait_until_quiet(line.heard, 1)
        return line.heard[0].decode(errors="replace") if line.heard else None

    def _publish(self, count: int) -> None:
        """Say `count` different things; each is acknowledged when this returns."""
        with self._line(clean=True, role="-says") as line:
            said = [line.publish(self._topic, str(n).encode(), qos=1) for n in range(count)]
            for one in said:
                one.wait_for_publish(CALL_S)
            if not all(one.is_published() for one in said):
                raise ProbeFailedError(
                    "it does not acknowledge what we publish",
                    f"let our account publish to {self._topic}",
                )

    def _subscribe(self, line: Line) -> None:
        line.subscribe(self._topic, qos=1)
        if not line.granted.wait(CALL_S) or line.refused:
            message = f"what it keeps cannot be measured: we may not hear {self._topic}"
            raise ProbeFailedError(message, f"let our account subscribe to {self._topic}")

    def _forget(self) -> None:
        """Leave no session behind."""
        with self._line(clean=True):
            pass

    @contextmanager
    def _line(self, *, clean: bool, acks: bool = True, role: str = "") -> Iterator[Line]:
        line = Line(self._address, self._client_id + role, clean=clean, acks=acks)
        try:
            line.connect(self._address.host, self._address.port, keepalive=30)
        except OSError as error:
            message = f"cannot reach {self._address}: {error}"
            remedy = "start the broker; check JEMPUT_MQTT_HOST and JEMPUT_MQTT_PORT"
            raise ProbeFailedError(message, remedy) from error
        line.loop_start()
        try:
            self._check(line)
            yield line
        finally:
            line.disconnect()
            line.loop_stop()

    def _check(self, line: Line) -> None:
        _wait_for(lambda: line.answer is not None)
        if line.answer is None:
            message = f"{self._address} does not answer as an MQTT broker"
            raise ProbeFailedError(message, "check JEMPUT_MQTT_PORT and JEMPUT_MQTT_TLS")
        if line.answer.is_failure:
            refused = RefusedError.by_v5_number(line.answer.value)
            raise ProbeFailedError(str(refused), "then run `jemput doctor` again")


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + CALL_S
    while not is_so() and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def _wait_until_quiet(heard: list[bytes], most: int) -> None:
    """Until `most` are heard, or nothing was for a while."""
    count, since = len(heard), time.monotonic()
    while len(heard) < most and time.monotonic() - since < QUIET_S:
        time.sleep(LOOK_S)
        if len(heard) > count:
            count, since = len(heard), time.monotonic()
