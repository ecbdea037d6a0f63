"""The whole API over a lively town, asked what nobody thought of: `python -m ... --examples 200`.

schemathesis makes requests from the description: good and bad ones, and chains of them. Whatever
it says was found is a fault of the API or of its description.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from api.gate import AccountGate
from api.services import Limits
from api.tries import Tries
from jemput.roles import Role
from tests.databases import running_postgresql
from tests.integration.api.conftest import lively
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import served
from tests.servers import PostgreSql

ROOT: Final = Path(__file__).parents[3]
CONFIG: Final = Path(__file__).parent / "schemathesis.toml"
PHASES: Final = "examples,coverage,fuzzing,stateful"
SHORT: Final = Limits(look_every_s=0.05, heartbeat_s=0.1, listen_s=0.2)
"""A live feed ends soon: it would be waited for."""


class Patient(Tries):
    """Lets guess for ever: thousands of wrong passwords are part of the asking."""

    def wait_s(self, name: str, address: str) -> int:  # noqa: ARG002 - one shape for all
        """Nobody waits."""
        return 0


@dataclass(frozen=True)
class Found:
    """What came of asking: nothing wrong, or what schemathesis said."""

    is_clean: bool
    words: str


def fuzz(
    role: Role, examples: int, seed: int = 1, phases: str = PHASES, url: str | None = None
) -> Found:
    """Ask as somebody of this role, so many examples for each operation.

    The town is in SQLite, or where `url` says.
    """
    with tempfile.TemporaryDirectory(prefix="jemput-fuzz-") as folder:
        town = lively(Path(folder), url)
        services = replace(
            town.services(SHORT),
            gate=AccountGate(town.engine),
            open_reading=False,
            tries=Patient(),
        )
        with served(services) as client:
            key = Guarded(town, client, services).add(f"a-{role}", role)
            url = str(client.base_url.join("/openapi.json"))
            came = subprocess.run(
                _command(url, key, examples, seed, phases),
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                check=False,
            )
        town.engine.dispose()
    return Found(came.returncode == 0, came.stdout + came.stderr)


def _command(url: str, key: str, examples: int, seed: int, phases: str) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", url),
        *("--header", f"Authorization: Bearer {key}", "--phases", phases),
        *("--max-examples", str(examples), "--seed", str(seed), "--no-color"),
    )


def main(arguments: Sequence[str]) -> int:
    """Ask as each role in turn, and print what was found."""
    parser = argparse.ArgumentParser(description="Ask the API what nobody thought of.")
    parser.add_argument("--examples", type=int, default=200, help="for each operation")
    parser.add_argument("--role", type=Role, choices=list(Role), action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default=PHASES)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    told = parser.parse_args(arguments)
    with ExitStack() as stack:
        server = stack.enter_context(running_postgresql()) if told.postgresql else None
        return _ask_all(told, server)


def _ask_all(told: argparse.Namespace, server: PostgreSql | None) -> int:
    status = 0
    for role in told.role or list(Role):
        url = server.url(server.make_schema()) if server else None
        found = fuzz(role, told.examples, told.seed, told.phases, url)
        sys.stdout.write(f"== {role}: {'nothing' if found.is_clean else 'something'} was found\n")
        if not found.is_clean:
            sys.stdout.write(found.words)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
