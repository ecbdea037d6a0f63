"""Debian's Prometheus as a server of a test's own."""

import http.client
from pathlib import Path
from typing import Final

from tests.servers.process import HOST, Server

LISTENS: Final = "web.listen-address"
CONFIG: Final = """\
global:
  scrape_interval: {every}
  scrape_timeout: {every}
scrape_configs:
  - job_name: jemput
    static_configs:
      - targets: [{target}]
"""


class Prometheus(Server):
    """A server that scrapes `target` (`host:port`) so often; what it keeps is in its folder."""

    program = "prometheus"

    def __init__(self, folder: Path, target: str, every: str = "250ms") -> None:
        super().__init__(folder)
        self._target = target
        self._every = every

    @property
    def url(self) -> str:
        """Where its HTTP API is."""
        return f"http://{HOST}:{self.port}"

    def arguments(self) -> list[str]:
        """Write prometheus.yml."""
        config = self.folder / "prometheus.yml"
        config.write_text(CONFIG.format(every=self._every, target=self._target))
        return [
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--{LISTENS}={HOST}:{self.port}",
        ]

    def is_ready(self) -> bool:
        """It answers /-/ready."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=1)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()
