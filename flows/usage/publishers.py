"""The commands of a publisher: demo, refresh, rescrape, publish, doctor, schedule."""

from typing import Annotated

import typer

from flows.commands.options import AcceptDrop, AsJson, NewStore, Store
from flows.usage.registration import command
from schemas.sources import CRAWLS

app = typer.Typer()


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
