"""Reads the shapes in which the Hugging Face Hub answers: pages of its list, records, refusals, redirects."""

import re
from typing import Any
from urllib.parse import urlencode

from scrapy.http import Response

from spiders.download.addresses import path_below
from spiders.download.documents import AnswerError, read_json

API = "/api/models"

PAGE_ITEMS = 1000
"""The most that the Hub puts on one page."""

EXPAND = (
    "author", "baseModels", "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime", "evalResults",
    "gated", "inferenceProviderMapping", "lastModified", "library_name", "likes", "model-index", "pipeline_tag",
    "private", "safetensors", "sha", "siblings", "tags",
)  # fmt: skip
"""What we ask for: a record holds its id and nothing else. The list and the single record know all of these names; to a
name that it does not know the Hub answers 400."""

FIELDS = urlencode([("expand[]", name) for name in EXPAND])

_ID = r"(?:(?!\.+/)[A-Za-z0-9._-]{1,200}/)?(?!\.+(?:/|\Z))[A-Za-z0-9._-]{1,200}"
REPOSITORY = re.compile(_ID)
"""owner/name, or the name alone of the oldest; a part of dots alone would climb out of the API's path."""

_COMMIT = "[A-Za-z0-9._-]{1,100}"
TEXT_PLACE = re.compile(rf"/(?:api/resolve-cache/models/{_ID}/{_COMMIT}|{_ID}/resolve/{_COMMIT})/([^/]+)")
"""Where the Hub may point to from the address of a file: its own cache, or the repository under its present name."""

LICENCE_FILE = re.compile(r"LICEN[CS]E(?:\.(?:md|txt))?", re.IGNORECASE)
"""Names under which the licence of all that is there lies; others are of parts of it, or list licences of others."""

BAD_CREDENTIALS = re.compile(r"\b(?:credentials|token)\b", re.IGNORECASE)
"""Words of what the Hub answers, as 401, to a token that does not hold, or no more ("Invalid credentials in
Authorization header"); every other 401 is about the repository."""

LONGEST_ERROR = 300
NEXT_LINK = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?\s*(?:[;,]|\Z)', re.IGNORECASE)


def read_items(body: bytes) -> list[object]:
    """Read a page of the list; raise AnswerError, as pages are never empty: the list ends where there is no next."""
    items = read_matches(body)
    if not items:
        raise AnswerError("an empty list where repositories belong")
    return items


def read_matches(body: bytes) -> list[object]:
    """Read the first page of a list that may hold nothing, as it is filtered; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, list):
        raise AnswerError("an object or a single value where a list of repositories belongs")
    return document


def read_record(body: bytes) -> dict[str, Any]:
    """Read a single record; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, dict):
        raise AnswerError("an array or a single value where a repository's record belongs")
    return document


def read_text(what: str, body: bytes) -> bytes:
    """Take a text as it is; raise AnswerError on a page that a browser would be shown instead."""
    if body[:512].lstrip().lower().startswith(b"<!doctype html"):
        raise AnswerError(f"an HTML page where a {what} belongs")
    return body


def licence_file(record: dict[str, Any]) -> str | None:
    """Name of the file that holds the licence, by a record's list of files; None where it lists none."""
    files = record.get("siblings")
    names = (file.get("rfilename") for file in files if isinstance(file, dict)) if isinstance(files, list) else ()
    return next((name for name in names if isinstance(name, str) and LICENCE_FILE.fullmatch(name)), None)


def id_of(record: object) -> str | None:
    """Id of a record, under its present or its former name; None where it names no repository."""
    if not isinstance(record, dict):
        return None
    found = record["id"] if "id" in record else record.get("modelId")
    return found if isinstance(found, str) and REPOSITORY.fullmatch(found) else None


def error_of(response: Response) -> str:
    """Give the Hub's own words for a refusal, "" where it has none; bounded, as they are kept."""
    try:
        document = read_json(response.body)
    except AnswerError:
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    told = (response.headers.get("X-Error-Message") or b"").decode("latin-1")
    return (error if isinstance(error, str) else told)[:LONGEST_ERROR]


def next_link(response: Response) -> str | None:
    """Give the link to the next page as it stands in the Link header (RFC 8288), None on the last page."""
    found = NEXT_LINK.search(b", ".join(response.headers.getlist("Link")).decode("latin-1"))
    return found[1] if found else None


def moved_to(response: Response, root: str) -> str | None:
    """Give the id that a redirect of a record leads to, None when it leads anywhere else."""
    path = _path(response, root)
    repository = path.removeprefix(f"{API}/") if path.startswith(f"{API}/") else ""
    return repository if REPOSITORY.fullmatch(repository) else None


def text_at(file: str, response: Response, root: str) -> str | None:
    """Give the path and query below `root` that a file's redirect leads to, None when it leaves the Hub or the file."""
    path, location = _path(response, root), _location(response)
    query = location.partition("#")[0].partition("?")[2]
    place = TEXT_PLACE.fullmatch(path)
    return f"{path}{query and '?'}{query}" if place and place[1] == file else None


def _path(response: Response, root: str) -> str:
    return path_below(re.split(r"[?#]", _location(response), maxsplit=1)[0], root) or ""


def _location(response: Response) -> str:
    return (response.headers.get("Location") or b"").decode("latin-1")
