"""Real servers for tests: each in a folder of its own, on a free port, ended by its own pid."""

from tests.servers.influxdb import InfluxDb
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgresql import PostgreSql
from tests.servers.process import HOST, Server, free_port, wait_until
from tests.servers.programs import find, require
from tests.servers.prometheus import Prometheus

__all__ = [
    "HOST",
    "InfluxDb",
    "Mosquitto",
    "PostgreSql",
    "Prometheus",
    "Server",
    "find",
    "free_port",
    "require",
    "wait_until",
]
