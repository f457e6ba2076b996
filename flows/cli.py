"""The command line, explained by `passports --help`. Exit status: 0 done, 1 failed or negative, 2 wrong usage."""

import sys
from typing import Annotated

import typer

from flows.commands import terminal
from flows.commands.keys.typed import keys_app, revoking
from flows.commands.options import AcceptDrop, AsJson, NewStore, Store
from flows.commands.readers import readers
from flows.config.clock import ClockError
from flows.config.settings import SettingsError
from flows.errors import FlowError
from flows.output import READER_GONE, OutputError
from pipelines.errors import PipelineError

EXIT_NO = 1
EXIT_BAD_USE = 2
EXIT_INTERRUPTED = 130
"""Typer's own, for Ctrl-C."""

app = typer.Typer(
    help="Scrape AI-model listings and publish a signed, evidence-backed trust passport for each model.",
    epilog="Settings are environment variables, PASSPORTS_STORE and so on: see the README. "
    "Exit status: 0 done, 1 failed or negative (verification failed, stale, gate closed), 2 wrong usage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(readers)
app.add_typer(revoking)
store_app = typer.Typer(help="Maintain a store.", no_args_is_help=True)
app.add_typer(store_app, name="store")
app.add_typer(keys_app, name="keys")


@app.command()
def demo(store: Store = None, as_json: AsJson = False) -> None:
    """Run the whole pipeline on the bundled recording, without the internet, and verify what it published."""
    from flows.commands import demo as demonstrating

    demonstrating.demo(store, as_json=as_json)


@app.command()
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


@app.command()
def rescrape(slug: str, store: Store = None, as_json: AsJson = False) -> None:
    """Crawl the records of one passport and publish it again; name its slug or its listing's id (author/name)."""
    from flows.commands import refresh as refreshing

    refreshing.rescrape(slug, store, as_json=as_json)


@app.command()
def publish(
    to: Annotated[str, typer.Option("--to", metavar="URL", help="The store to bring up to date.")],
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Bring another store to the generation that this one serves: copy what it lacks, verify what is copied."""
    from flows.commands import store as storing

    storing.publish(store, to, as_json=as_json)


@app.command()
def doctor(store: Store = None, as_json: AsJson = False) -> None:
    """Check store, key, settings, network and clock before publishing; exit 1 when one of them is unfit."""
    from flows.commands import doctor as examining

    examining.doctor(store, as_json=as_json)


@app.command()
def schedule(store: Store = None, as_json: AsJson = False) -> None:
    """Run the schedules of prefect.yaml until interrupted; without PREFECT_API_URL, start a Prefect server for them."""
    from flows.config.interrupts import Importing
    from flows.orchestration.server import check_surroundings

    check_surroundings()
    with Importing():  # Prefect
        from flows.commands import schedule as scheduling
    scheduling.schedule(store, as_json=as_json)


@app.command()
def serve(
    store: Store = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    nginx: Annotated[bool, typer.Option("--nginx", help="Print a configuration for nginx instead.")] = False,
) -> None:
    """Serve the site and the API from the store over HTTP, to try them out or behind a proxy."""
    from flows.commands import serve as serving

    serving.serve(store, port=port, host=host, nginx=nginx)


@store_app.command("gc")
def store_gc(
    store: Store = None,
    keep: Annotated[int, typer.Option("--keep", metavar="N", min=1, help="Newest generations to retain.")] = 30,
    days: Annotated[int, typer.Option("--days", metavar="D", min=0, help="Retain younger ones too.")] = 30,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the files; otherwise only list them.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the files that no retained generation needs; with --remove, remove them, while publishers wait."""
    from flows.commands import store as storing

    storing.gc(store, generations=keep, days=days, remove=remove, as_json=as_json)


@store_app.command("scrub")
def store_scrub(
    store: Store = None,
    budget: Annotated[int, typer.Option("--budget", metavar="N", min=1, help="Most files to read.")] = 10_000,
    copy: Annotated[str | None, typer.Option("--copy", metavar="URL", help="Store to repair from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read stored files again, different ones each day, verify and repair them; exit 1 when something stays damaged."""
    from flows.commands import store as storing

    storing.scrub_store(store, budget=budget, copy=copy, as_json=as_json)


@store_app.command("repair")
def store_repair(store: Store = None, as_json: AsJson = False) -> None:
    """Move a pointer that was lost or rolled back to the newest complete history that our key signed."""
    from flows.commands import store as storing

    storing.repair(store, as_json=as_json)


def main() -> None:
    """Run a command; print each known error as one sentence and exit with its status."""
    try:
        app(prog_name="passports")
    except (SettingsError, ClockError) as error:
        terminal.error(str(error))
        sys.exit(EXIT_BAD_USE)
    except OutputError as error:
        if error.status != READER_GONE:
            terminal.error(str(error))
        sys.exit(error.status)
    except (FlowError, PipelineError) as error:
        terminal.error(str(error))
        sys.exit(EXIT_NO)
    except SystemExit as ending:
        if ending.code == EXIT_INTERRUPTED:
            terminal.error("interrupted: the store still serves the last complete publication")
        raise
