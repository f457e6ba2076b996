"""The command line, explained by `passports --help`. Exit status: 0 done, 1 failed or negative, 2 wrong usage."""

import sys
from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer

from flows.commands import terminal
from flows.config.clock import ClockError
from flows.config.interrupts import TERMINATED
from flows.errors import FlowError, SettingsError, no_room
from flows.output import READER_GONE, OutputError
from flows.store.base import MissingKeyError, StoreAddressError
from flows.usage.program import Commands
from flows.usage.registration import USAGE_ERROR
from pipelines.errors import PipelineError

EXIT_NO = 1
EXIT_BAD_USE = 2
EXIT_INTERRUPTED = 130
"""Typer's own, for Ctrl-C."""
INTERRUPTED = "interrupted: the store still serves the last complete publication"
ENDED_BY_SIGNAL: dict[object, str] = {
    EXIT_INTERRUPTED: INTERRUPTED,
    TERMINATED: "terminated: the store still serves the last complete publication",
}
"""Exit status → its message."""
app = typer.Typer(
    cls=Commands,
    help="Scrape AI-model listings and publish a signed, evidence-backed trust passport for each model.",
    epilog="Settings are environment variables, PASSPORTS_STORE and so on: see the README. "
    "Exit status: 0 done, 1 failed or negative (verification failed, stale, gate closed), 2 wrong usage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        terminal.OUT.print(f"passports {version('passports')}")
        raise typer.Exit


ShowVersion = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def before(_version: ShowVersion = False) -> None:
    """Have the options that need no command."""


def main() -> None:
    """Run a command; print each known error as one sentence, with --json as an answer too, and exit with its status."""
    as_json = "--json" in sys.argv[1:]
    try:
        ended = app(prog_name="passports", standalone_mode=not as_json)
        sys.exit(ended if isinstance(ended, int) else 0)  # with --json an interrupt's status is returned, not raised
    except (SettingsError, ClockError, StoreAddressError) as error:
        _end(str(error), EXIT_BAD_USE, as_json=as_json)
    except OutputError as error:
        if error.status != READER_GONE:
            terminal.error(str(error))
        sys.exit(error.status)
    except (FlowError, PipelineError) as error:
        beside = error.answer if isinstance(error, FlowError) else None
        _end(_sentence(error), EXIT_NO, as_json=as_json, beside=beside)
    except OSError as error:  # of files that are made on the way; a run and a store have their own words
        _end(no_room(error), EXIT_NO, as_json=as_json)
    except USAGE_ERROR as error:
        said = error.format_message()
        _end(
            f"{said}{'' if said.endswith(('.', '?')) else ':'} `passports --help` explains the commands",
            EXIT_BAD_USE,
            as_json=as_json,
        )
    except (typer.Abort, KeyboardInterrupt):
        _end(INTERRUPTED, EXIT_INTERRUPTED, as_json=as_json)
    except SystemExit as ending:
        if message := ENDED_BY_SIGNAL.get(ending.code):
            terminal.failed(message, status=int(ending.code or 0), as_json=as_json)
        raise


def _sentence(error: Exception) -> str:
    """Return an error's message, for a missing file of a registry with what to do: only then does it come this far."""
    if not isinstance(error, MissingKeyError):
        return str(error)
    from flows.registry.signed_files import REMEDY

    return f"{error}, although a signed file names it: {REMEDY}"


def _end(message: str, status: int, *, as_json: bool, beside: Mapping[str, object] | None = None) -> NoReturn:
    terminal.failed(message, status=status, as_json=as_json, beside=beside)
    sys.exit(status)
