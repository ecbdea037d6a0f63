"""A collector's app: it hears alerts, and notes when the first of each pickup came."""

import json
import time
from types import TracebackType
from typing import Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import HOST

ALERTS = "jemput/v1/collectors/+/alert"


class Listening:
    """Hears inside `with`, in a thread; `received_s` are Unix seconds by pickup."""

    def __init__(self, port: int) -> None:
        """Take the broker's port."""
        self.received_s: dict[str, float] = {}
        self._port = port
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="contest-collector")
        self._client.on_connect = lambda client, *_: client.subscribe(ALERTS, qos=1)
        self._client.on_message = self._hear

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        now_s = time.time()
        for one in json.loads(message.payload)["pickups"]:
            self.received_s.setdefault(one["pickup"], now_s)

    def __enter__(self) -> Self:
        self._client.connect(HOST, self._port)
        self._client.loop_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()
