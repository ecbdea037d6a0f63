"""Commands that are imported when they are run: to start one costs what it needs, not all."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group


class Later(typer.core.TyperCommand):
    """A command's name and its line of help; `place` is `module:function` or `module:app`."""

    def __init__(self, name: str, place: str, told: str) -> None:
        """Import nothing yet."""
        super().__init__(name, help=told)
        self.place = place

    def load(self) -> Any:  # noqa: ANN401 - typer's own kinds of command are private
        """The command itself."""
        module, _, member = self.place.partition(":")
        found = getattr(import_module(module), member)
        if isinstance(found, typer.Typer):
            loaded: Any = get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(self.name)(found)
            loaded = get_command(alone)
        loaded.name = self.name
        return loaded


def group_of(commands: Iterable[Later]) -> type[TyperGroup]:
    """A group that knows these beside those which are registered with it."""
    known = {str(one.name): one for one in commands}

    class Group(TyperGroup):
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - as typer gives them
            super().__init__(**attributes)
            self.commands.update(known)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as typer's
            name, command, rest = super().resolve_command(ctx, args)
            return name, command.load() if isinstance(command, Later) else command, rest

    return Group
