"""paho and `WriteApi` with its own batching: the hundred lines that most people run."""

import sys

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import WriteOptions
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.bench.consumers.points import points


def main() -> None:
    """Hear, and leave the batching to the client."""
    _, port, readings, url, token, org, bucket = sys.argv
    influx = InfluxDBClient(url=url, token=token, org=org)
    write_api = influx.write_api(write_options=WriteOptions(batch_size=1000, flush_interval=1000))

    def on_connect(client: Client, *_: object) -> None:
        client.subscribe(readings, qos=1)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        write_api.write(bucket=bucket, record=points(message.topic, message.payload))

    mqtt = Client(CallbackAPIVersion.VERSION2, client_id="contest-paho", clean_session=False)
    mqtt.on_connect = on_connect
    mqtt.on_message = on_message
    mqtt.connect("127.0.0.1", int(port))
    mqtt.loop_forever()


main()
