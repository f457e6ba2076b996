"""The commands of the command line that read a registry: verify, status, show, diff."""

from typing import Annotated

import typer

from flows.commands.options import AsJson, At, AtGeneration, FirstUse, Key, NoState, Root, State, Store

readers = typer.Typer()


@readers.command()
def verify(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="TARGET...", help="Slugs, files or URLs of passports.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every passport of the store, and its copies.")] = False,
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence", help="Find every quote and value again in the stored records, and run the rules again."
        ),
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
    from flows.audit.opened import memory_at, trust_options
    from flows.commands import verify as verifying

    trusting = trust_options(key, root, memory_at(state, none=no_state), first_use=first_use)
    verifying.verify(
        targets or [],
        every=every,
        evidence=evidence,
        store_url=store,
        trusting=trusting,
        at=at,
        generation=at_generation,
        as_json=as_json,
    )


@readers.command()
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
    from flows.audit.opened import memory_at, trust_options
    from flows.commands import status as looking

    looking.status(store, trust_options(key, root, memory_at(state, none=no_state)), at, as_json=as_json)


@readers.command()
def show(
    slug: str,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    at_generation: AtGeneration = None,
    as_json: AsJson = False,
) -> None:
    """Show one passport for reading: what it states, by which source, and what changed last."""
    from flows.audit.opened import memory_at, trust_options
    from flows.commands import show as looking

    trusting = trust_options(key, root, memory_at(state, none=no_state))
    looking.show(slug, store, trusting, generation=at_generation, as_json=as_json)


@readers.command()
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
    from flows.audit.opened import memory_at, trust_options
    from flows.commands import diff as comparing

    comparing.diff(slug, store, trust_options(key, root, memory_at(state, none=no_state)), as_json=as_json)
