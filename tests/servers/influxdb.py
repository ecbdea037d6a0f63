"""Debian's InfluxDB 1.6.7 as a time series database of a test's own."""

import http.client

from tests.servers.process import HOST, Server, free_port

CONFIG = """\
reporting-disabled = true
bind-address = "{host}:{backup_port}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[http]
bind-address = "{host}:{port}"
log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
"""


class InfluxDb(Server):
    """A server with no database yet; everything it writes is inside its folder."""

    program = "influxd"

    @property
    def url(self) -> str:
        """Where its HTTP API is."""
        return f"http://{HOST}:{self.port}"

    def arguments(self) -> list[str]:
        """Write influxdb.conf: no reports, no monitoring of itself, no other listeners."""
        config = self.folder / "influxdb.conf"
        text = CONFIG.format(host=HOST, port=self.port, backup_port=free_port(), folder=self.folder)
        config.write_text(text)
        return ["-config", str(config)]

    def is_ready(self) -> bool:
        """It answers /ping."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.HTTPStatus.NO_CONTENT
        except OSError:
            return False
        finally:
            connection.close()
