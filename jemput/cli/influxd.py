"""An InfluxDB 1.x of our own: the machine's `influxd` in a folder of ours, or one at a URL."""

import http.client
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jemput.broker.ports import LOOPBACK, free_port
from jemput.settings import read_settings
from jemput.store.influx import InfluxTarget

AUTO: Final = "auto"
NONE: Final = "none"
BUCKET: Final = "jemput"
PROGRAM: Final = "influxd"
START_S: Final = 20.0
STOP_S: Final = 10.0
LOG_TAIL: Final = 1500
CONFIG: Final = """\
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


class InfluxdError(ValueError):
    """There is no InfluxDB as it was asked for; the message says what to do."""


def check_influx(asked: str) -> None:
    """Raise `InfluxdError` where `asked` is neither a word nor a URL, or nothing can be found."""
    if asked == NONE:
        return
    if asked == AUTO:
        find_influxd()
        return
    parts = urlsplit(asked)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InfluxdError(
            f"--influx {asked!r} is neither auto, none nor a URL such as http://127.0.0.1:8086"
        )


@contextmanager
def influx_for(asked: str, folder: Path) -> Iterator[InfluxTarget | None]:
    """The InfluxDB that was asked for, as long as the context; `auto` starts one in `folder`.

    A server at a URL is used as the settings say: token, organisation and bucket.
    """
    if asked == NONE:
        yield None
    elif asked == AUTO:
        with _running(folder) as url:
            yield InfluxTarget(url, "", "", BUCKET)
    else:
        settings = read_settings()
        token = settings.influx_token.get_secret_value() if settings.influx_token else ""
        yield InfluxTarget(asked, token, settings.influx_org or "", settings.influx_bucket)


def find_influxd() -> Path:
    """The program of an InfluxDB 1.x. Raises `InfluxdError`."""
    found = shutil.which(PROGRAM) or shutil.which(PROGRAM, path="/usr/sbin")
    if found is None:
        raise InfluxdError(
            f"--influx auto finds no {PROGRAM}: sudo apt-get install influxdb, "
            "or name a server with --influx URL"
        )
    said = subprocess.run(  # noqa: S603 - the program that was just found
        [found, "version"], capture_output=True, text=True, check=False, timeout=START_S
    ).stdout
    if re.search(r"InfluxDB v?1\.", said) is None:
        raise InfluxdError(
            f"--influx auto needs an InfluxDB 1.x, and {found} is {said.strip() or 'another'}: "
            "start it yourself and name it with --influx URL"
        )
    return Path(found)


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    """A server that keeps everything in `folder`; its URL."""
    port = free_port()
    with (_written(folder, port) / "influxd.log").open("ab") as log:
        # A session of its own: Ctrl-C is for us, and the server goes last.
        process = subprocess.Popen(  # noqa: S603 - the program that was just found
            [find_influxd(), "-config", folder / "influxdb.conf"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(process, port, folder / "influxd.log")
        yield f"http://{LOOPBACK}:{port}"
    finally:
        _end(process)


def _written(folder: Path, port: int) -> Path:
    """Make the folder with a configuration: loopback only, no reports, nothing of its own kept."""
    folder.mkdir(mode=0o700)
    text = CONFIG.format(host=LOOPBACK, port=port, backup_port=free_port(), folder=folder)
    config = os.open(folder / "influxdb.conf", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(config, "w") as file:
        file.write(text)
    return folder


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise InfluxdError(f"{PROGRAM} did not start:\n{log.read_text()[-LOG_TAIL:]}")
        time.sleep(0.02)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == http.HTTPStatus.NO_CONTENT
    except OSError:
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
