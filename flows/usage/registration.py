"""Registers a command with examples in its help, and with the options --quiet and --verbose."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_type_hints

import typer
from typer.models import OptionInfo

from flows.commands.terminal import Volume, note, speak
from flows.errors import SettingsError

USAGE_ERROR: Any = typer.BadParameter.__base__
"""What Typer raises for every command line that it cannot understand."""

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show neither progress nor notes, only answers and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show every step, with its time.")]


def command(app: typer.Typer, *examples: str, name: str | None = None) -> Callable[[Callable[..., None]], None]:
    """Return a decorator that registers a function as a command; `examples` are whole command lines."""

    def register(function: Callable[..., None]) -> None:
        app.command(name or function.__name__, epilog=_epilog(examples))(_with_volume(function))

    return register


def _epilog(examples: tuple[str, ...]) -> str:
    return "\n\n".join([f"Example{'s' if len(examples) > 1 else ''}:", *(f"  $ {line}" for line in examples)])


def _with_volume(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function with the parameters `quiet` and `verbose`, as Typer reads them from its signature.

    Before it runs, a note warns of variables that look like settings and are none. An option with an empty value, as of
    a shell's variable that is not set, is refused: SettingsError.
    """
    named = dict(_options(function))

    @functools.wraps(function)
    def run(*arguments: Any, quiet: bool, verbose: bool, **options: Any) -> None:  # noqa: ANN401 - the command's own
        if quiet and verbose:
            raise typer.BadParameter("give either --quiet or --verbose")
        from flows.config.settings import unknown_variables

        if empty := [option for name, option in named.items() if options.get(name) == ""]:
            raise SettingsError(f"{empty[0]}: is empty: write something, or leave it out")
        speak(Volume.QUIET if quiet else Volume.VERBOSE if verbose else Volume.NORMAL)
        for warning in unknown_variables(os.environ):
            note(warning)
        function(*arguments, **options)

    signature, added = inspect.signature(function), {"quiet": Quiet, "verbose": Verbose}
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in added.items()
    ]
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *more])  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, **added}
    return run


def _options(function: Callable[..., None]) -> Iterator[tuple[str, str]]:
    """Yield the parameters that are options, each with the option's name."""
    for name, kind in get_type_hints(function, include_extras=True).items():
        for stated in getattr(kind, "__metadata__", ()):
            if isinstance(stated, OptionInfo):
                yield name, (stated.param_decls or (f"--{name}",))[0]
