"""aiomqtt and the asynchronous InfluxDB client, 500 points a write, as careful people have it."""

import asyncio
import sys

from aiomqtt import Client
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from tests.bench.consumers.points import Point, points

AT_ONCE = 500
LONGEST_S = 1.0


async def main() -> None:
    """Hear, collect, write."""
    _, port, readings, url, token, org, bucket = sys.argv
    waiting: list[Point] = []
    async with (
        InfluxDBClientAsync(url=url, token=token, org=org) as influx,
        Client("127.0.0.1", int(port), identifier="contest-aiomqtt", clean_session=False) as mqtt,
    ):
        write = influx.write_api().write

        async def flush() -> None:
            nonlocal waiting
            batch, waiting = waiting, []
            if batch:
                await write(bucket=bucket, record=batch)

        async def flush_at_times() -> None:
            while True:
                await asyncio.sleep(LONGEST_S)
                await flush()

        await mqtt.subscribe(readings, qos=1)
        timer = asyncio.create_task(flush_at_times())
        try:
            async for message in mqtt.messages:
                waiting += points(str(message.topic), bytes(message.payload))
                if len(waiting) >= AT_ONCE:
                    await flush()
        finally:
            timer.cancel()


asyncio.run(main())
