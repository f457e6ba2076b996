"""The commands that read a registry's public log: show, watch, checkpoint."""

from typing import Annotated

import typer

from flows.commands.options import AsJson, Key, NoState, Root, State, Store
from flows.usage.registration import command

log_app = typer.Typer(help="Read the public log of what was issued.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(log_app, name="log")

From = Annotated[int | None, typer.Option("--from", metavar="INDEX", min=0, help="Begin at this entry.")]


@command(
    log_app,
    "passports log show",
    "passports log show --since 2026-06-01T00:00:00Z --json",
    name="show",
)
def log_show(
    start: From = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Begin with the generations made from this time on.")
    ] = None,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    as_json: AsJson = False,
) -> None:
    """Show what the registry issued and removed, a line each, every line proved against the signed log."""
    from flows.audit.opened import chosen_trust
    from flows.commands.log import show
    from flows.commands.options import moment

    trusting = chosen_trust(key, root, state, no_state=no_state)
    show.show(store, trusting, start=start, since=moment(since, "--since") if since else None, as_json=as_json)


@command(
    log_app,
    "passports log watch",
    "passports log watch --from 0 --interval 300 --json",
    name="watch",
)
def log_watch(
    start: From = None,
    interval: Annotated[
        float, typer.Option("--interval", metavar="SECONDS", min=1, help="Ask again after so many seconds.")
    ] = 60,
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    as_json: AsJson = False,
) -> None:
    """Show what the registry issues, as it does, until interrupted; exit 1 when its log is forked or goes back.

    With --json, each line is one entry.
    """
    from flows.audit.opened import chosen_trust
    from flows.commands.log import watch

    trusting = chosen_trust(key, root, state, no_state=no_state)
    watch.watch(store, trusting, start=start, interval_s=interval, as_json=as_json)


@command(
    log_app,
    "passports log checkpoint",
    name="checkpoint",
)
def log_checkpoint(
    store: Store = None,
    key: Key = None,
    root: Root = None,
    state: State = None,
    no_state: NoState = False,
    as_json: AsJson = False,
) -> None:
    """Show the log's signed checkpoint, for witnesses and other tools, and the key to verify it with."""
    from flows.audit.opened import chosen_trust
    from flows.commands.log import show

    show.checkpoint(store, chosen_trust(key, root, state, no_state=no_state), as_json=as_json)
