"""The commands that maintain a store: gc, scrub, repair; and forget, what was seen of it."""

from typing import Annotated

import typer

from flows.commands.options import AsJson, State, Store
from flows.usage.registration import command

store_app = typer.Typer(help="Maintain a store.", no_args_is_help=True)
app = typer.Typer()
app.add_typer(store_app, name="store")


@command(
    store_app,
    "passports store gc",
    "passports store gc --keep 10 --days 7 --remove",
    name="gc",
)
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


@command(
    store_app,
    "passports store scrub",
    "passports store scrub --copy https://mirror.example.org",
    name="scrub",
)
def store_scrub(
    store: Store = None,
    budget: Annotated[int, typer.Option("--budget", metavar="N", min=1, help="Most files to read.")] = 10_000,
    copy: Annotated[str | None, typer.Option("--copy", metavar="URL", help="Store to repair from.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read stored files again, different ones each day, verify and repair them; exit 1 when something stays damaged."""
    from flows.commands import store as storing

    storing.scrub_store(store, budget=budget, copy=copy, as_json=as_json)


@command(
    store_app,
    "passports store repair",
    name="repair",
)
def store_repair(store: Store = None, as_json: AsJson = False) -> None:
    """Move a pointer that was lost or rolled back to the newest complete history that our key signed."""
    from flows.commands import store as storing

    storing.repair(store, as_json=as_json)


@command(
    store_app,
    "passports store forget --store https://registry.example.org",
    "passports store forget --store ./public --pins",
    name="forget",
)
def store_forget(
    store: Store = None,
    state: State = None,
    pins: Annotated[bool, typer.Option("--pins", help="Forget the key or root remembered on first use too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget what was seen of a registry that its publisher restored from an older copy, or began again."""
    from flows.commands import store as storing

    storing.forget(store, state, pins=pins, as_json=as_json)
