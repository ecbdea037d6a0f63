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
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, without waiting for those who are connected."""
        self._end(signal.SIGINT)

    def url(self, database: str) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://{OWNER}@{HOST}:{self.port}/{database}"

    def make_database(self, template: str = "template1") -> str:
        """A new database, as `template` is; its name. Nobody may be connected to the template."""
        name = f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._tell(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _tell(self, statement: sql.Composed) -> None:
        with self._connect("postgres") as connection:
            connection.execute(statement)

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=HOST,
            port=self.port,
            user=OWNER,
            dbname=database,
            connect_timeout=2,
            autocommit=True,
        )
