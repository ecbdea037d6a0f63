"""`jemput device`, with what is done from afar."""

from jemput.cli.device import app
from jemput.cli.remote.orders import command, config, status
from jemput.cli.remote.update import app as updates

app.command("config")(config)
app.command("command")(command)
app.command("status")(status)
app.add_typer(updates, name="update")
