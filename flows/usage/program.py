"""The commands of the program by their names. Each is built only when it is asked for, as help asks for all of them."""

import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import typer
from typer.core import TyperGroup

from flows.usage.registration import USAGE_ERROR

MODULES: Final = {
    "flows.usage.publishers": ("demo", "refresh", "rescrape", "publish", "doctor", "schedule"),
    "flows.usage.serving": ("serve", "mcp"),
    "flows.usage.readers": ("verify", "list", "status", "show", "diff"),
    "flows.usage.keys": ("revoke", "keys"),
    "flows.usage.store": ("store",),
    "flows.usage.log": ("log",),
}
"""Module → the commands and groups of commands that its `app` has, in the order of the help."""
MODULE_OF: Final = {name: module for module, names in MODULES.items() for name in names}


class CommandsByName(Mapping[str, Any]):
    """Name → command, or group of commands, as Typer builds it from the function in its module."""

    def __init__(self) -> None:
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - Typer's own, which it does not export
        if name not in self._built:
            self._built[name] = _loaded(MODULE_OF[name], name)
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULE_OF)

    def __len__(self) -> int:
        return len(MODULE_OF)


class Commands(TyperGroup):
    """The program. An option before its commands, where it has no effect, is answered with where it belongs."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - Typer's own
        super().__init__(**given)
        self.commands = cast("Any", CommandsByName())  # Typer only reads it

    def list_commands(self, _ctx: Any) -> list[str]:  # noqa: ANN401 - likewise
        """Return the names of all commands, in the order of the help; Typer's own would build them."""
        return list(self.commands)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - likewise
        """Read the options before the command; raise Typer's error for wrong usage."""
        try:
            return super().parse_args(ctx, args)
        except USAGE_ERROR as error:
            if option := getattr(error, "option_name", None):
                error.message = f"{error.message}: options come after the command, as in `passports list {option}`"
            raise


def _loaded(module: str, name: str) -> Any:  # noqa: ANN401 - likewise
    """Return a command as `_build` does; raise ImportError for a KeyError, by which a mapping says that it has none."""
    try:
        return _build(module, name)
    except KeyError as error:
        raise ImportError(f"{module} cannot be loaded: KeyError: {error}") from error


def _build(module: str, name: str) -> Any:  # noqa: ANN401 - likewise
    """Return one command of a module, or one group."""
    every, one = importlib.import_module(module).app, typer.Typer()
    one.registered_commands = [command for command in every.registered_commands if command.name == name]
    one.registered_groups = [group for group in every.registered_groups if group.name == name]
    return typer.main.get_group(one).commands[name]
