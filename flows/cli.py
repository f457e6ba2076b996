"""The command line, explained by `passports --help`. Exit status: 0 done, 1 failed or negative, 2 wrong usage."""

import sys
from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer

from flows.commands import terminal
from flows.commands.options import AcceptDrop, AsJson, Key, NewStore, NoState, Root, State, Store
from flows.config.clock import ClockError
from flows.config.interrupts import TERMINATED
from flows.errors import FlowError, SettingsError, no_room
from flows.output import READER_GONE, OutputError
from flows.store.base import MissingKeyError, StoreAddressError
from flows.usage.agents import agents
from flows.usage.keys import keys_app, revoking
from flows.usage.log import log_app
from flows.usage.readers import readers
from flows.usage.registration import USAGE_ERROR, Commands, command
from flows.usage.store import store_app
from pipelines.errors import PipelineError
from schemas.sources import CRAWLS

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
app.add_typer(readers)
app.add_typer(agents)
app.add_typer(revoking)
app.add_typer(store_app, name="store")
app.add_typer(log_app, name="log")
app.add_typer(keys_app, name="keys")


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


@command(
    app,
    "passports demo",
    "passports demo --store /tmp/demo --json",
)
def demo(store: Store = None, as_json: AsJson = False) -> None:
    """Run the whole pipeline on the bundled recording, without the internet, and verify what it published."""
    from flows.commands import demo as demonstrating

    demonstrating.demo(store, as_json=as_json)


@command(
    app,
    "passports refresh",
    f"passports refresh --source {next(iter(CRAWLS))}",
    "passports refresh --store s3://bucket/passports --json",
)
def refresh(
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME", help="Crawl only this source; can be given several times."),
    ] = None,
    accept_drop: AcceptDrop = False,
    new_store: NewStore = False,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Crawl the sources, then build, sign and publish passports; show progress, and a summary at the end.

    The first refresh makes a signing key and shows its path.

    The last good listings of a source are retained where its crawl fails its gate.

    PASSPORTS_HUGGINGFACE_MINIMUM_DOWNLOADS, _AUTHOR, _TASK, _LIMIT and _CHANGES filter the Hub's list.
    """
    from flows.commands import refresh as refreshing

    refreshing.refresh(source, store, accept_drop=accept_drop, new_store=new_store, as_json=as_json)


@command(
    app,
    "passports rescrape qwen-qwq-32b",
    "passports rescrape qwen/qwq-32b",
)
def rescrape(slug: str, store: Store = None, as_json: AsJson = False) -> None:
    """Crawl the records of one passport and publish it again; name its slug or its listing's id (author/name)."""
    from flows.commands import refresh as refreshing

    refreshing.rescrape(slug, store, as_json=as_json)


@command(
    app,
    "passports publish --to s3://mirror/passports",
)
def publish(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The store to bring up to date.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Bring another store to the generation that this one serves: copy what it lacks, verify what is copied."""
    from flows.commands import store as storing

    storing.publish(store, to, as_json=as_json)


@command(
    app,
    "passports doctor",
    "passports doctor --store s3://bucket/passports",
)
def doctor(store: Store = None, as_json: AsJson = False) -> None:
    """Check store, key, settings, network and clock before publishing; exit 1 when one of them is unfit."""
    from flows.commands import doctor as examining

    examining.doctor(store, as_json=as_json)


@command(
    app,
    "passports schedule --store /srv/passports",
)
def schedule(store: Store = None, as_json: AsJson = False) -> None:
    """Run the schedules of prefect.yaml until interrupted; without PREFECT_API_URL, start a Prefect server for them."""
    from flows.commands.run import prepare_schedule
    from flows.config.interrupts import Importing

    prepare_schedule(store)
    with Importing():  # Prefect
        from flows.commands import schedule as scheduling
    scheduling.schedule(store, as_json=as_json)


@command(
    app,
    "passports serve",
    "passports serve --port 8000 --host 0.0.0.0",
    "passports serve --nginx > /etc/nginx/conf.d/passports.conf",
)
def serve(
    store: Store = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes that serve.")] = 1,
    rate: Annotated[
        float,
        typer.Option("--rate", min=0, help="Searches and the like a second that one address may ask for; 0: any."),
    ] = 50,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    nginx: Annotated[bool, typer.Option("--nginx", help="Print a configuration for nginx instead.")] = False,
    browser: Annotated[bool, typer.Option("--open", help="Open the site in a browser.")] = False,
) -> None:
    """Serve the site and the API from the store over HTTP, behind a proxy or alone."""
    from flows.audit.opened import chosen_trust
    from flows.commands import serve as serving

    if nginx:
        serving.print_nginx(store, port)
        return
    trusting = chosen_trust(key, root, state, no_state=no_state)
    serving.serve(store, trusting, serving.Server(host, port, workers, rate, browser=browser))


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
    restore = "restore it from a copy of the store, as with `passports store scrub --copy URL`"
    return f"{error}, although a signed file names it: {restore}"


def _end(message: str, status: int, *, as_json: bool, beside: Mapping[str, object] | None = None) -> NoReturn:
    terminal.failed(message, status=status, as_json=as_json, beside=beside)
    sys.exit(status)
