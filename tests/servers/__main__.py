"""Names the Debian packages of the servers that are missing; scripts/test installs them."""

import sys

from tests.servers.programs import missing_packages

if __name__ == "__main__":
    sys.stdout.writelines(f"{package}\n" for package in missing_packages())
