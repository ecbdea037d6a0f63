"""Debian's Mosquitto as an MQTT broker of a test's own."""

import os
import pwd
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.servers.process import HOST, Server
from tests.servers.programs import require

# Debian's defaults drop the 1001st message for an absent session, and lose all of them when killed.
# With this it saves at its next turn, some milliseconds after PUBACK: see `has_saved`.
LOSSLESS: Final = """\
persistence true
autosave_on_changes true
autosave_interval 1
max_inflight_messages 0
max_queued_messages 0
"""


class Mosquitto(Server):
    """A broker that keeps what it acknowledged, unless `lossless` is false: then its defaults.

    With `passwords` (user to password) nobody else may connect; `acl` is the text of an ACL file.
    """

    program = "mosquitto"

    def __init__(
        self,
        folder: Path,
        *,
        lossless: bool = True,
        passwords: Mapping[str, str] | None = None,
        acl: str | None = None,
    ) -> None:
        super().__init__(folder)
        self._lossless = lossless
        self._passwords = passwords
        self._acl = acl

    def arguments(self) -> list[str]:
        """Write mosquitto.conf and the files it names."""
        # Started by root, it would drop to a user who may not write into this folder.
        user = pwd.getpwuid(os.getuid()).pw_name
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {HOST}\nuser {user}\npersistence_location {self.folder}/\n"
            + (LOSSLESS if self._lossless else "")
            + self._write_passwords()
            + self._write_acl()
        )
        return ["-c", str(config)]

    def _write_passwords(self) -> str:
        if self._passwords is None:
            return "allow_anonymous true\n"
        file = self.folder / "passwords"
        file.write_text("".join(f"{user}:{word}\n" for user, word in self._passwords.items()))
        subprocess.run([require("mosquitto_passwd"), "-U", file], check=True)
        return f"allow_anonymous false\npassword_file {file}\n"

    def _write_acl(self) -> str:
        if self._acl is None:
            return ""
        file = self.folder / "acl"
        file.write_text(self._acl)
        return f"acl_file {file}\n"

    def has_saved(self, text: bytes) -> bool:
        """Whether what it saved to disk holds `text`, so that a kill cannot lose it."""
        database = self.folder / "mosquitto.db"
        return database.exists() and text in database.read_bytes()

    def is_ready(self) -> bool:
        """It listens only after it has read what it kept."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
        except OSError:
            return False
        return True
