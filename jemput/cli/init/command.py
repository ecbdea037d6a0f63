"""`jemput init`: asking, making, and one table of what was made."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from jemput.cli.init.making import make, refuse_what_is_there
from jemput.cli.init.table import show
from jemput.cli.init.wish import DATABASE, Broker, Wish, all_names, own_address, plain_folder
from jemput.ids import check_id

HERE: Final = Path("jemput-town")
MQTT_PORT: Final = 8883
API_PORT: Final = 8000
KEPT: Final = 14

Folder = Annotated[Path, typer.Argument(help="Where everything goes; made if missing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing; take defaults.")]
Host = Annotated[
    str | None, typer.Option(help="Name or address by which devices and phones reach us.")
]
Names = Annotated[
    list[str] | None, typer.Option("--name", help="Another name or address; may be repeated.")
]
WhichBroker = Annotated[Broker | None, typer.Option("--broker", help="Which MQTT broker.")]
Empty = Annotated[
    str | None,
    typer.Option("--database", help="An empty postgresql://…; else SQLite in FOLDER."),
]
Operator = Annotated[str | None, typer.Option(help="Name of the first account.")]
Port = Annotated[int, typer.Option(min=1, max=65535)]
ApiTls = Annotated[
    bool, typer.Option(help="Whether the API speaks TLS; else only a proxy here reaches it.")
]
Runner = Annotated[str | None, typer.Option(help="Who runs it under systemd.")]
Keep = Annotated[int, typer.Option(min=1, help="How many nightly backups stay.")]
Answer = Callable[[Any, str, Any], Any]


def init(  # noqa: PLR0913, PLR0917 - every question is a plain flag
    folder: Folder = HERE,
    yes: Yes = False,  # noqa: FBT002 - a flag
    host: Host = None,
    name: Names = None,
    broker: WhichBroker = None,
    database: Empty = None,
    operator: Operator = None,
    mqtt_port: Port = MQTT_PORT,
    api_port: Port = API_PORT,
    api_tls: ApiTls = True,  # noqa: FBT002 - a flag
    user: Runner = None,
    keep: Keep = KEPT,
) -> None:
    """Set up a town of your own: settings, database, first operator, certificates, units."""
    where, answer = plain_folder(folder), _answers(asks=not yes)
    reached = answer(host, "How do devices and phones reach this machine", own_address())
    wish = Wish(
        folder=where,
        broker=Broker(answer(broker, "MQTT broker (embedded or mosquitto)", Broker.EMBEDDED.value)),
        database_url=answer(database, "Database", f"sqlite:///{where / DATABASE}"),
        host=reached,
        names=all_names(reached, name or []),
        mqtt_port=mqtt_port,
        api_port=api_port,
        api_tls=api_tls,
        operator=check_id("operator", answer(operator, "Name of the first operator", "operator")),
        user=answer(user, "Who runs it under systemd", _somebody()),
        keep=keep,
    )
    refuse_what_is_there(wish)
    sys.stdout.write(show(wish, make(wish)))


def _answers(*, asks: bool) -> Answer:
    """What was given as a flag; else what is answered, or the default where nothing is asked."""

    def answer(given: object, question: str, default: object) -> object:
        return given or (typer.prompt(question, default=default) if asks else default)

    return answer


def _somebody() -> str:
    """Whoever is here, but not root: what root runs may do everything."""
    here = getpass.getuser()
    return "jemput" if here == "root" else here
