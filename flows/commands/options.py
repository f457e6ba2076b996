"""Options that several commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.config.clock import clock_of, source_date_epoch
from flows.errors import SettingsError
from schemas.times import instant

Store = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="Directory, or s3://, gs://, az:// with bucket and prefix [PASSPORTS_STORE]."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE|URL|THUMBPRINT",
        help="Trusted public keys, a JWK or JWK Set in a file or at an address, or the thumbprint (RFC 7638) of a key "
        "of the store; default: the "
        "key remembered for the store, or our own.",
    ),
]
Root = Annotated[
    str | None,
    typer.Option(
        "--root",
        metavar="FILE|THUMBPRINT",
        help="The root of trust: a file that `passports keys export` wrote, or its thumbprint [PASSPORTS_ROOT].",
    ),
]
FirstUse = Annotated[
    bool,
    typer.Option(
        "--trust-on-first-use",
        help="Remember the store's own root or key, and trust only it for this store from now on.",
    ),
]
State = Annotated[
    Path | None,
    typer.Option(
        "--state", metavar="FILE", help="File that remembers generations and keys seen; default: the user's own."
    ),
]
NoState = Annotated[bool, typer.Option("--no-state", help="Remember nothing: rollbacks go unnoticed.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Judge freshness at this time, e.g. 2026-04-22T08:12:12Z.")
]

AtGeneration = Annotated[
    int | None, typer.Option("--at-generation", metavar="N", min=1, help="Read this earlier generation.")
]

AcceptDrop = Annotated[
    bool,
    typer.Option(
        "--accept-drop", help="Publish although a source lists far fewer than last time; check the source first."
    ),
]
NewStore = Annotated[
    bool,
    typer.Option("--new-store", help="Begin a new history in a store that lost its pointer; the old one is not used."),
]

COLUMNS = (
    "slug",
    "listing_id",
    "source",
    "status",
    "age",
    "cause",
    "generation",
    "first_seen",
    "last_seen",
    "last_scraped_at",
    "last_changed",
    "object",
)
"""Columns of `passports list`."""
SHOWN = ("slug", "status", "age", "last_scraped_at")
"""Those that it shows unless others are chosen."""


def moment(at: str | None, option: str = "--at") -> datetime:
    """Return the instant of an option, or the clock's without it; raise SettingsError if it is no instant."""
    if at is None:
        return clock_of(source_date_epoch())()
    try:
        return instant(at)
    except ValueError as error:
        raise SettingsError(f"{option}: {error}") from None
