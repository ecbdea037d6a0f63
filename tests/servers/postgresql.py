"""Debian's PostgreSQL as a database server of a test's own."""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from tests.servers.process import HOST, Server, as_user
from tests.servers.programs import require

NOBODY: Final = "nobody"
OWNER: Final = "jemput"


class PostgreSql(Server):
    """A server that keeps what it committed, as Debian's does; only this machine may connect.

    It refuses to run as root, so root starts it as nobody: `folder` must be below one that
    nobody may enter, which pytest's are not.
    """

    program = "postgres"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.user = NOBODY if os.geteuid() == 0 else None
        self._initdb = require("initdb")
        self._data = folder / "data"

    def arguments(self) -> list[str]:
        """Make the cluster where there is none."""
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster()
        options = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        return ["-D", str(self._data), *(f"--{name}={value}" for name, value in options.items())]

    def _make_cluster(self) -> None:
        if self.user:
            shutil.chown(self.folder, self.user)
        options = ["-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._initdb, "-D", self._data, *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **as_user(self.user),
        )

    def is_ready(self) -> bool:
        """It takes a connection."""
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end at once: what was committed is in its log.

        A checkpoint would take long, for the thousands of files of a test run's databases.
        """
        self._end(signal.SIGQUIT)

    def url(self, schema: str) -> str:
        """For SQLAlchemy; who connects with it sees that schema only."""
        return f"postgresql+psycopg://{OWNER}@{HOST}:{self.port}/postgres?options=-csearch_path={schema}"

    def make_schema(self) -> str:
        """A new schema: a database of its own would cost a test a quarter of a second."""
        name = f"test_{secrets.token_hex(6)}"
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return name

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=OWNER,
            dbname="postgres",
            connect_timeout=2,
            autocommit=True,
        )
