"""The command line. `passports --help` teaches it; exit status 0 done, 1 the answer is no, 2 bad use."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import terminal
from flows.errors import FlowError
from flows.settings import SettingsError
from pipelines.errors import PipelineError

EXIT_NO = 1
EXIT_BAD_USE = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    help="Scrape AI-model listings and publish a signed, evidence-backed trust passport for each model.",
    epilog="Settings are environment variables, PASSPORTS_STORE and so on: see the README. "
    "Exit status: 0 done, 1 the answer is no (verification failed, stale, gate closed), 2 bad use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
keys_app = typer.Typer(help="The key that signs.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")

Store = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="Directory, or s3://, gs://, az:// with bucket and prefix [PASSPORTS_STORE]."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Key = Annotated[
    Path | None,
    typer.Option(
        "--key", metavar="FILE", help="Trusted public keys (JWK or JWK Set); without it our own key's public half."
    ),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Judge as of this instant, e.g. 2026-04-22T08:12:12Z.")
]


@app.command()
def demo(store: Store = None, as_json: AsJson = False) -> None:
    """Run the whole pipeline on the bundled recording, without the internet, and verify what it published."""
    from flows.commands import demonstrating

    demonstrating.demo(store, as_json=as_json)


@app.command()
def refresh(
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Crawl only this source; may be repeated.")
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Crawl the sources, build, sign and publish; progress while it works, a summary at the end.

    The first time it makes a signing key and says where. A crawl that does not look right publishes nothing.
    """
    from flows.commands import refreshing

    refreshing.refresh(source, store, as_json=as_json)


@app.command()
def rescrape(slug: str, store: Store = None, as_json: AsJson = False) -> None:
    """Do the same for one passport, named by its slug or by its listing's id (author/name)."""
    from flows.commands import refreshing

    refreshing.rescrape(slug, store, as_json=as_json)


@app.command()
def verify(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET...", help="Slugs, files or URLs of passports.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every passport of the store, and its copies.")] = False,
    store: Store = None,
    key: Key = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Say of each passport whether it may be believed, and why not.

    A slug is looked up from the store's signed pointer down. A file or a URL is judged by its signature alone (verdict
    ok_offline), or with --store by what that store serves.
    """
    from flows.commands import verifying

    verifying.verify(targets or [], every=every, store_url=store, key_file=key, at=at, as_json=as_json)


@app.command()
def status(store: Store = None, key: Key = None, at: At = None, as_json: AsJson = False) -> None:
    """Show how fresh every source and passport is, the worst first; exit 1 when something is stale."""
    from flows.commands import looking

    looking.status(store, key, at, as_json=as_json)


@app.command()
def show(slug: str, store: Store = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show one passport for reading: what it says, who says so, and what changed last."""
    from flows.commands import looking

    looking.show(slug, store, key, as_json=as_json)


@keys_app.command("init")
def keys_init(
    file: Annotated[Path | None, typer.Option("--file", help="Where to put it [PASSPORTS_SIGNING_KEY_FILE].")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a signing key in a new file that only you can read; never over an old one."""
    from flows.commands import keeping

    keeping.init(file, as_json=as_json)


def main() -> None:
    """Run a command; every error that we know ends in one sentence and its exit status."""
    try:
        app(prog_name="passports")
    except SettingsError as error:
        terminal.error(str(error))
        sys.exit(EXIT_BAD_USE)
    except (FlowError, PipelineError) as error:
        terminal.error(str(error))
        sys.exit(EXIT_NO)
    except KeyboardInterrupt:
        terminal.error("interrupted: what was published before stays served")
        sys.exit(EXIT_INTERRUPTED)
