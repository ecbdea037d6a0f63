"""Files that the settings name: who may read the secrets, and how long certificates hold."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from jemput.cli.doctor.finding import Finding, bad, doubt, good
from jemput.cli.tls.authority import days_left
from jemput.cli.tls.folder import AUTHORITY_KEY, read
from jemput.settings import Settings

SOON_DAYS: Final = 30
OTHERS: Final = 0o077
RENEW: Final = "jemput certificate renew, where `jemput init` made it; else put a new one there"


def secrets(settings: Settings) -> Iterator[Finding]:
    """Whether anybody else may read what opens something."""
    files = [file for file in dict.fromkeys(_secret_files(settings)) if file.exists()]
    found = [file for file in files if file.stat().st_mode & OTHERS]
    for file in found:
        mode = "700" if file.is_dir() else "600"
        yield bad("secrets", f"others may read {file}", f"chmod {mode} {file}")
    if files and not found:
        yield good("secrets", f"{len(files)} files are for our eyes only")


def certificates(settings: Settings, now_s: float | None = None) -> Iterator[Finding]:
    """How long the certificates in our own files hold: the API's and the CA."""
    at_s = time.time() if now_s is None else now_s
    if settings.api_certificate_file is not None:
        yield from _holds("the API's", settings.api_certificate_file, at_s, RENEW)
    if settings.mqtt_ca_file is not None:
        remedy = "make a new CA: docs/operations.md, rotate secrets"
        yield from _holds("the CA", settings.mqtt_ca_file, at_s, remedy)


def _holds(what: str, file: Path, now_s: float, remedy: str) -> Iterator[Finding]:
    try:
        days = days_left(read(file), now_s)
    except ValueError as error:
        yield bad("certificate", f"{what}: {error}", remedy)
        return
    if days < 0:
        yield bad("certificate", f"{what} ended {-days} days ago", remedy)
    elif days < SOON_DAYS:
        yield doubt("certificate", f"{what} holds {days} days more", remedy)
    else:
        yield good("certificate", f"{what} holds {days} days more")


def _secret_files(settings: Settings) -> Iterator[Path]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        yield Path(url.database)
    named = (settings.users_file, settings.broker_key_file, settings.api_key_file)
    yield from (file for file in named if file is not None)
    if settings.mqtt_ca_file is not None:
        yield settings.mqtt_ca_file.with_name(AUTHORITY_KEY)
    if settings.broker_folder is not None:
        yield settings.broker_folder
