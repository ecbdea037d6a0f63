"""Writing into a bucket by InfluxDB's own client, which takes long to import."""

from aiohttp import ClientError
from influxdb_client.client.exceptions import InfluxDBError
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from jemput.store.influx_link import TIMEOUT_S, InfluxTarget, WriteFailedError, unreachable
from jemput.store.influx_writers import packed, refused


class BucketWriter:
    """POST /api/v2/write by InfluxDB's own client: 1.8, 2 and 3."""

    def __init__(self, target: InfluxTarget) -> None:
        self._target = target
        self._client = InfluxDBClientAsync(
            target.url, token=target.token, org=target.org, timeout=int(TIMEOUT_S * 1000)
        )
        if not target.is_near():
            # Its own gzip puts the time into each body, so a retry would be other bytes.
            self._client.api_client.default_headers["Content-Encoding"] = "gzip"
        self._api = self._client.write_api()

    async def write(self, lines: bytes) -> None:
        """Write line protocol with times in nanoseconds. Raises `WriteFailedError`."""
        try:
            taken = await self._api.write(
                bucket=self._target.bucket,
                record=packed(self._target, lines),
                write_precision="ns",  # type: ignore[arg-type]  # their enum is plain strings
            )
        except InfluxDBError as error:
            status = getattr(error, "status", 0)
            headers = getattr(error, "headers", None)
            raise refused(status, _words(error.message), headers or {}) from error
        except (ClientError, OSError) as error:
            raise WriteFailedError(unreachable(self._target, error), retry=True) from error
        if not taken:
            # It says so of any success that does not mean "stored", such as a proxy's page.
            detail = "a server answered without having stored: is JEMPUT_INFLUX_URL an InfluxDB?"
            raise WriteFailedError(detail, retry=True)

    async def close(self) -> None:
        """End its connections."""
        await self._client.close()  # type: ignore[no-untyped-call]


def _words(message: str | bytes) -> str:
    """The client hands a body on as bytes where it is not JSON."""
    return message.decode(errors="replace") if isinstance(message, bytes) else message
