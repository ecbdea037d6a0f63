"""`jemput init`: asking, making, and one table of what was made."""

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from jemput.cli.init.making import make, refuse_what_is_there
from jemput.cli.init.table import show
from jemput.cli.init.wish import DATABASE, Broker, Wish, all_names, own_address, plain_folder
from jemput.ids import check_id

MQTT_PORT: Final = 8883
API_PORT: Final = 8000
KEPT: Final = 14


def init(  # noqa: PLR0913, PLR0917 - every question is a plain flag
    folder: Annotated[Path, typer.Argument(help="Where everything goes; made if missing.")] = Path(
        "jemput-town"
    ),
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take defaults.")] = False,  # noqa: FBT002 - a flag
    host: Annotated[
        str | None, typer.Option(help="Name or address by which devices and phones reach us.")
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Another name or address; may be repeated.")
    ] = None,
    broker: Annotated[Broker | None, typer.Option(help="Which MQTT broker.")] = None,
    database: Annotated[
        str | None, typer.Option(help="An empty postgresql://…; else SQLite in FOLDER.")
    ] = None,
    operator: Annotated[str | None, typer.Option(help="Name of the first account.")] = None,
    mqtt_port: Annotated[int, typer.Option(min=1, max=65535, help="Of the broker.")] = MQTT_PORT,
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="Of the API.")] = API_PORT,
    api_tls: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(help="Whether the API speaks TLS; else only a proxy here reaches it."),
    ] = True,
    user: Annotated[str | None, typer.Option(help="Who runs it under systemd.")] = None,
    keep: Annotated[int, typer.Option(min=1, help="How many nightly backups stay.")] = KEPT,
) -> None:
    """Set up a town of your own: settings, database, first operator, certificates, units."""
    where = plain_folder(folder)

    def answer(given: Any, question: str, default: Any) -> Any:  # noqa: ANN401 - as typer asks
        return given or (default if yes else typer.prompt(question, default=default))

    reached = answer(host, "How do devices and phones reach this machine", own_address())
    chosen = answer(broker, "MQTT broker (embedded or mosquitto)", Broker.EMBEDDED)
    sqlite = f"sqlite:///{where / DATABASE}"
    wish = Wish(
        folder=where,
        database_url=answer(database, "Database", sqlite),
        broker=Broker(chosen),
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
    secrets = make(wish)
    sys.stdout.write(show(wish, secrets))


def _somebody() -> str:
    """Whoever is here, but not root: what root runs may do everything."""
    here = getpass.getuser()
    return "jemput" if here == "root" else here
