"""The commands that read a registry: verify, list, status, show, diff."""

from typing import Annotated

import typer

from flows.commands.options import COLUMNS, SHOWN, AsJson, At, AtGeneration, FirstUse, Key, NoState, Root, State, Store
from flows.usage.registration import command

app = typer.Typer()


@command(
    app,
    "passports verify qwen-qwq-32b",
    "passports verify --all --evidence",
    "passports verify --all --site",
    "passports verify passport.json --key https://example.org/.well-known/trust-passport-jwks.json",
    "curl -s https://example.org/passport.json | passports verify - --key key.jwk",
)
def verify(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET...", help="Slugs, files or URLs of passports; - reads one from standard input."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every passport of the store, and its copies.")] = False,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence", help="Find every quote and value again in the stored records, and run the rules again."
        ),
    ] = False,
    site: Annotated[
        bool, typer.Option("--site", help="With --all: compare every page and export with the signed list of them.")
    ] = False,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    first_use: FirstUse = False,
    state: State = None,
    no_state: NoState = False,
    at: At = None,
    at_generation: AtGeneration = None,
    as_json: AsJson = False,
) -> None:
    """State for each passport whether it may be relied on, and if not, why.

    A slug is looked up from the store's signed pointer down. A file or a URL is judged by its signature alone (verdict
    ok_offline), or with --store by what that store serves. With no trusted key but the store's own, no verdict is good.
    """
    from flows.audit.opened import chosen_trust
    from flows.commands import verify as verifying

    trusting = chosen_trust(key, root, state, no_state=no_state, first_use=first_use)
    scope = verifying.Scope(tuple(targets or ()), every, evidence, store, at, at_generation, site)
    verifying.verify(scope, trusting, as_json=as_json)


@command(
    app,
    "passports list",
    "passports list --status deprecated --sort last_changed",
    "passports list qwen --age fresh --columns slug,listing_id,last_scraped_at",
    "passports list --sort -last_changed --limit 10 --json",
    name="list",
)
def list_passports(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD...", help="Only passports with these words in slug or id.")
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option("--status", metavar="NAME", help="Only passports of this status.")
    ] = None,
    age: Annotated[list[str] | None, typer.Option("--age", metavar="NAME", help="Only passports of this age.")] = None,
    source: Annotated[
        list[str] | None, typer.Option("--source", metavar="NAME", help="Only passports named by this source.")
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN: in descending order.")
    ] = "slug",
    columns: Annotated[
        str, typer.Option("--columns", metavar="A,B,...", help=f"Columns to show, of {', '.join(COLUMNS)}.")
    ] = ",".join(SHOWN),
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Show at most N.")] = None,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """List the passports of a store, a line each, from the registry's rows alone.

    Several words must all be found; of several values of an option one must fit.
    """
    from flows.audit.opened import chosen_trust
    from flows.commands import listing as listing_passports

    wanted = listing_passports.RowQuery(
        tuple(words or ()), tuple(status or ()), tuple(age or ()), tuple(source or ()), sort, columns, limit
    )
    trusting = chosen_trust(key, root, state, no_state=no_state)
    listing_passports.list_passports(wanted, store, trusting, at, as_json=as_json)


@command(
    app,
    "passports status",
    "passports status --at 2026-04-22T08:12:12Z --json",
)
def status(
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Show how fresh every source and passport is, the worst first; exit 1 when something is stale or refused."""
    from flows.audit.opened import chosen_trust
    from flows.commands import status as looking

    looking.status(store, chosen_trust(key, root, state, no_state=no_state), at, as_json=as_json)


@command(
    app,
    "passports show qwen-qwq-32b",
    "passports show qwen/qwq-32b --at-generation 3",
    "passports show qwen-qwq-32b --evidence",
    "passports show qwen-qwq-32b --json",
)
def show(
    slug: str,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    at_generation: AtGeneration = None,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Show all that it states, each with its evidence.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one passport on two screens: what the model is for, costs, can do, how it fails, and what changed last."""
    from flows.audit.opened import chosen_trust
    from flows.commands import show as looking

    trusting = chosen_trust(key, root, state, no_state=no_state)
    form: looking.Form = "json" if as_json else "evidence" if evidence else "brief"
    looking.show(slug, store, trusting, generation=at_generation, form=form)


@command(
    app,
    "passports diff qwen-qwq-32b",
)
def diff(
    slug: str,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    as_json: AsJson = False,
) -> None:
    """Show the versions of a passport, newest first: when it was signed, why, and what changed."""
    from flows.audit.opened import chosen_trust
    from flows.commands import diff as comparing

    comparing.diff(slug, store, chosen_trust(key, root, state, no_state=no_state), as_json=as_json)
