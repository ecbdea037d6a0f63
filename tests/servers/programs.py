"""Which server programs the tests use, where they are, and what Debian calls their packages."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

PACKAGES: Final = {
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "influxd": "influxdb",
    "chromium": "chromium",
    "postgres": "postgresql",
    "initdb": "postgresql",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "caddy": "caddy",
}
REQUIRE: Final = "JEMPUT_TEST_REQUIRE_SERVERS"


def find(name: str) -> Path | None:
    """Where a program is, also where Debian keeps servers outside a user's PATH."""
    folders = ["/usr/sbin", *(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    return Path(found) if found else None


def require(name: str) -> Path:
    """Where a program is. Skips the test when it is not there, or fails it in CI."""
    path = find(name)
    if path is not None:
        return path
    reason = f"{name} is not installed: sudo apt-get install {PACKAGES[name]}"
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def missing_packages() -> list[str]:
    """What to install so that no test is skipped for want of a server."""
    missing = [package for name, package in PACKAGES.items() if find(name) is None]
    return list(dict.fromkeys(missing))
