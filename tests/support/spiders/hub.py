"""Answers of a small scripted Hub, and the file of known records for a crawl of it."""

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

from schemas.crawl import KNOWN_RECORDS_SCHEMA
from schemas.listing import RawListing
from spiders.huggingface.pages import FIELDS
from tests.support.spiders.scripted_server import PREFIX, Answer, Crawled

EARLIER = "2026-07-01T00:00:00.000Z"
SHA = "5d0c1f" + "0" * 34
CARD = "# Heron\n\nIt may be wrong about rivers.\n"
MISSING = Answer(401, {"error": "Invalid username or password."})
TOP = f"/api/models?sort=downloads&direction=-1&limit=1000&{FIELDS}"


def record(repository: str, **fields: Any) -> dict[str, Any]:
    return {"_id": "66", "id": repository, "private": False, "sha": SHA, "downloads": 70, "tags": [], **fields}


def record_path(repository: str) -> str:
    return f"/api/models/{repository}?{FIELDS}"


def card_path(repository: str) -> str:
    return f"/{repository}/resolve/main/README.md"


def detail(repository: str, **fields: Any) -> dict[str, list[Answer]]:
    """Return the answer of a repository under its own id."""
    return {record_path(repository): [Answer(200, record(repository, **fields))]}


def card(repository: str, text: str | bytes = CARD, status: int = 200) -> dict[str, list[Answer]]:
    body = text if isinstance(text, bytes) else text.encode()
    return {card_path(repository): [Answer(status, body, {"Content-Type": "text/plain; charset=utf-8"})]}


def licence_path(repository: str, file: str = "LICENSE") -> str:
    return f"/{repository}/resolve/main/{file}"


def page(*items: Any, following: str | None = None) -> list[Answer]:
    """Return one page of the list, with a link to the next."""
    return [Answer(200, list(items), {"Link": f'<{following}>; rel="next"'} if following else {})]


def redirect(location: str, status: int = 307) -> list[Answer]:
    return [Answer(status, b"", {"Location": location})]


def under_prefix(path: str) -> str:
    return PREFIX + path


def known_file(folder: Path, *wanted: str, raws: tuple[RawListing, ...] = ()) -> str:
    path = folder / "known.sqlite"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    with database:
        database.executescript(KNOWN_RECORDS_SCHEMA)
        database.executemany("INSERT INTO wanted (source, id) VALUES ('huggingface', ?)", [(one,) for one in wanted])
        rows = [(raw.source, raw.id, raw.model_dump_json()) for raw in raws]
        database.executemany("INSERT INTO known VALUES (?, ?, ?)", rows)
    database.close()
    return str(path)


def raws(came: Crawled, source: str = "huggingface") -> list[RawListing]:
    return [line.raw for line in came.admitted if line.raw.source == source]


def licences(came: Crawled) -> dict[str, RawListing]:
    return {raw.id: raw for raw in raws(came, "huggingface-licence")}


def cards(came: Crawled) -> dict[str, RawListing]:
    return {raw.id: raw for raw in raws(came, "huggingface-card")}


def known_text(source: str, repository: str, version: str | None, text: str) -> RawListing:
    """Return a text as an earlier crawl stored it."""
    return RawListing(
        source=source,
        id=repository,
        url="https://hub.example/c",
        observed_at=EARLIER,
        body=text,
        content_sha256=hashlib.sha256(text.encode()).hexdigest(),
        version=version,
    )
