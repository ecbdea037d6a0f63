"""The whole API over a lively town, asked what nobody thought of: `scripts/fuzz-api --help`.

schemathesis makes requests from the description: good and bad ones, and chains of them. Whatever
it says was found is a fault of the API or of its description.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from api.gate import AccountGate
from api.services import Limits
from api.tries import Tries
from jemput.roles import Role
from tests.databases import DATABASES, running_postgresql
from tests.integration.api.conftest import lively
from tests.integration.api.fuzz_hooks import ASKED, IDS
from tests.integration.api.guarded import Guarded
from tests.integration.api.town import served
from tests.servers import PostgreSql

ROOT: Final = Path(__file__).parents[3]
CONFIG: Final = Path(__file__).parent / "schemathesis.toml"
PHASES: Final = "examples,coverage,fuzzing,stateful"
NOBODY: Final = "nobody"
WHO: Final = (*(str(role) for role in Role), NOBODY)
NAMES: Final = {str(Role.COLLECTOR): "budi"}
"""A collector has pickups of their own."""
SHORT: Final = Limits(look_every_s=0.05, heartbeat_s=0.1, listen_s=0.2)
"""A live feed ends soon: it would be waited for."""
Tell = Callable[[str], None]


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

    @property
    def cases(self) -> int:
        """How many requests were judged."""
        told = re.search(r"(\d+) generated", self.words)
        return int(told[1]) if told else 0

    @property
    def operations(self) -> str:
        """How many operations were asked, as it says itself."""
        told = re.search(r"Tested: (\d+)", self.words)
        return told[1] if told else "none"


def fuzz(  # noqa: PLR0913 - who asks, how much, and of which town
    who: str,
    examples: int,
    seed: int = 1,
    *,
    phases: str = PHASES,
    url: str | None = None,
    tell: Tell = lambda _: None,
) -> Found:
    """Ask as somebody of a role, or as nobody, so many examples for each operation.

    The town is in SQLite, or where `url` says.
    """
    with (
        tempfile.TemporaryDirectory(prefix="jemput-fuzz-") as folder,
        asked_town(Path(folder), url) as api,
    ):
        key = None if who == NOBODY else api.add(NAMES.get(who, f"a-{who}"), Role(who))
        at = str(api.client.base_url.join("/openapi.json"))
        command = (*_command(at, examples, seed, phases), *_as_whom(key))
        return _run(command, folder, known_ids(api), tell)


@contextmanager
def asked_town(folder: Path, url: str | None = None) -> Iterator[Guarded]:
    """A lively town, and the API that is asked."""
    town = lively(folder, url)
    services = replace(
        town.services(SHORT), gate=AccountGate(town.engine), open_reading=False, tries=Patient()
    )
    try:
        with served(services) as client:
            yield Guarded(town, client, services)
    finally:
        town.engine.dispose()


def known_ids(api: Guarded) -> dict[str, list[str]]:
    """What there is, by the word that it is named with; two devices hang nowhere yet."""
    key, spare = api.add("setup", Role.OPERATOR), ["spare-1", "spare-2"]
    for device in spare:
        api.ask(key, "/v1/devices", "POST", {"id": device}).raise_for_status()
    hook = {"url": "https://disposal.example/hooks/jemput"}
    told = api.ask(key, "/v1/subscriptions", "POST", hook).raise_for_status().json()
    registry = api.services.registry.read()
    return {
        "site": [*registry.sites],
        "halte": [*registry.haltes],
        "zone": [*registry.zones],
        "collector": [*registry.collectors],
        "bin": [*registry.bins],
        "pickup": [one.id for one in api.services.pickups.list(only_open=False)],
        "device": [*spare, *(f"dev-{at}" for at in range(len(registry.bins)))],
        "subscription": [told["id"]],
    }


def _run(command: Sequence[str], folder: str, ids: dict[str, list[str]], tell: Tell) -> Found:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), IDS: json.dumps(ids)}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as asking:
        words = "".join(_heard(asking.stdout, tell)) if asking.stdout else ""
    return Found(asking.returncode == 0, words)


def _heard(lines: IO[str], tell: Tell) -> Iterator[str]:
    for line in lines:
        if line.startswith(ASKED) or re.search(r" (Examples|Coverage|Fuzzing|Stateful) \(", line):
            tell(line.strip())
        if not line.startswith(ASKED):
            yield line


def _as_whom(key: str | None) -> Sequence[str]:
    return () if key is None else ("--header", f"Authorization: Bearer {key}")


def _command(url: str, examples: int, seed: int, phases: str) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", url),
        *("--phases", phases, "--max-examples", str(examples)),
        *("--seed", str(seed), "--no-color"),
    )


@dataclass(frozen=True)
class Row:
    """One line of the table at the end."""

    who: str
    database: str
    found: Found
    seconds: float

    def __str__(self) -> str:
        """In columns."""
        told = "nothing" if self.found.is_clean else "SOMETHING"
        return (
            f"{self.who:12} {self.database:10} {self.found.operations:>10} "
            f"{self.found.cases:>8} {self.seconds:>6.0f} s  {told}"
        )


HEAD: Final = f"{'who':12} {'database':10} {'operations':>10} {'requests':>8} {'':>6}    found"


def main(arguments: Sequence[str]) -> int:
    """Ask as each in turn, over each database; say how far it is, and at the end what was found."""
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz-api",
        description="Ask every operation of the API what nobody thought of, with schemathesis: "
        "all checks, single requests and chains of them. Without flags it is asked as everybody, "
        "over SQLite, which takes about an hour on two cores.",
    )
    parser.add_argument("--role", choices=WHO, action="append", help="as whom; may be repeated")
    parser.add_argument("--database", choices=DATABASES, action="append", help="may be repeated")
    parser.add_argument("--examples", type=int, default=200, help="for each operation (200)")
    parser.add_argument("--seed", type=int, default=1, help="another one asks other things (1)")
    parser.add_argument("--phases", default=PHASES, help=f"some of {PHASES}")
    told = parser.parse_args(arguments)
    with ExitStack() as stack:
        databases = told.database or ["sqlite"]
        server = stack.enter_context(running_postgresql()) if "postgresql" in databases else None
        rows = [_ask(told, who, one, server) for one in databases for who in told.role or WHO]
    sys.stdout.write("\n".join([HEAD, *(str(row) for row in rows)]) + "\n")
    return 0 if all(row.found.is_clean for row in rows) else 1


def _ask(told: argparse.Namespace, who: str, database: str, server: PostgreSql | None) -> Row:
    began_s = time.monotonic()

    def tell(line: str) -> None:
        since = time.monotonic() - began_s
        sys.stderr.write(f"{who} over {database}, {since:.0f} s: {line}\n")

    at = server if database == "postgresql" else None
    url = at.url(at.make_schema()) if at else None
    found = fuzz(who, told.examples, told.seed, phases=told.phases, url=url, tell=tell)
    if not found.is_clean:
        sys.stdout.write(found.words)
    return Row(who, database, found, time.monotonic() - began_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
