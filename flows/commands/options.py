"""Options that several commands share."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import SettingsError
from schemas.times import instant

Store = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="Directory, or s3://, gs://, az:// with bucket and prefix [PASSPORTS_STORE]."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="FILE|THUMBPRINT",
        help="Trusted public keys (JWK or JWK Set), or a key of the store by its thumbprint (RFC 7638); without it the "
        "key remembered of the store, or our own.",
    ),
]
FirstUse = Annotated[
    bool,
    typer.Option("--trust-on-first-use", help="Remember the store's own key, and hold the store to it from now on."),
]
State = Annotated[
    Path | None,
    typer.Option("--state", metavar="FILE", help="Memory of the generations and keys seen; without it the user's own."),
]
NoState = Annotated[bool, typer.Option("--no-state", help="Recall and remember nothing: a rollback is not seen.")]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Judge as of this instant, e.g. 2026-04-22T08:12:12Z.")
]

AtGeneration = Annotated[
    int | None, typer.Option("--at-generation", metavar="N", min=1, help="Read this earlier generation instead.")
]

AcceptDrop = Annotated[
    bool,
    typer.Option("--accept-drop", help="Publish although a source lists much less than last time: you have looked."),
]
NewStore = Annotated[
    bool,
    typer.Option("--new-store", help="Begin a new history in a store that lost its pointer: the old one goes unused."),
]


def moment(at: str | None) -> datetime:
    """Return the instant to judge at: `at`, or the clock's without it; raise SettingsError if `at` is no instant."""
    if at is None:
        return clock_of(source_date_epoch())()
    try:
        return instant(at)
    except ValueError as error:
        raise SettingsError(f"--at: {error}") from None
