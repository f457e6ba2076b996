"""Reads the forms in which the Hugging Face Hub answers: pages of its list, records, refusals, redirects."""

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
"""The fields to ask for; a record would otherwise hold only its id. List and single record both know all of these
names; a name that the Hub does not know is answered 400."""

FIELDS = urlencode([("expand[]", name) for name in EXPAND])

_ID = r"(?:(?!\.+/)[A-Za-z0-9._-]{1,200}/)?(?!\.+(?:/|\Z))[A-Za-z0-9._-]{1,200}"
REPOSITORY = re.compile(_ID)
"""owner/name, or the name alone of the oldest; a part of dots alone would leave the API's path."""

_COMMIT = "[A-Za-z0-9._-]{1,100}"
TEXT_PLACE = re.compile(rf"/(?:api/resolve-cache/models/{_ID}/{_COMMIT}|{_ID}/resolve/{_COMMIT})/([^/]+)")
"""Where the Hub may redirect the address of a file: to its own cache, or to the repository's present name."""

LICENCE_FILE = re.compile(r"LICEN[CS]E(?:\.(?:md|txt))?", re.IGNORECASE)
"""File names of a licence of the whole repository; others are of parts of it, or lists of others' licences."""

BAD_CREDENTIALS = re.compile(r"\b(?:credentials|token)\b", re.IGNORECASE)
"""Words in the Hub's 401 answer to an invalid token ("Invalid credentials in Authorization header"); every other 401 is
about the repository."""

LONGEST_ERROR = 300
NEXT_LINK = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?\s*(?:[;,]|\Z)', re.IGNORECASE)


def read_items(body: bytes) -> list[object]:
    """Read a page of the list; raise AnswerError also when it is empty, as the last page simply has no next link."""
    items = read_matches(body)
    if not items:
        raise AnswerError("an empty list instead of repositories")
    return items


def read_matches(body: bytes) -> list[object]:
    """Read the first page of a filtered list, which may be empty; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, list):
        raise AnswerError("an object or a single value instead of a list of repositories")
    return document


def read_record(body: bytes) -> dict[str, Any]:
    """Read a single record; raise AnswerError."""
    document = read_json(body)
    if not isinstance(document, dict):
        raise AnswerError("an array or a single value instead of a repository's record")
    return document


def read_text(what: str, body: bytes) -> bytes:
    """Return a text unchanged; raise AnswerError for an HTML page, which is meant for browsers."""
    if body[:512].lstrip().lower().startswith(b"<!doctype html"):
        raise AnswerError(f"an HTML page instead of a {what}")
    return body


def licence_file(record: dict[str, Any]) -> str | None:
    """The file with the licence, from a record's list of files; None where there is none."""
    files = record.get("siblings")
    names = (file.get("rfilename") for file in files if isinstance(file, dict)) if isinstance(files, list) else ()
    return next((name for name in names if isinstance(name, str) and LICENCE_FILE.fullmatch(name)), None)


def id_of(record: object) -> str | None:
    """The id of a record, by its present or former key; None where it names no repository."""
    if not isinstance(record, dict):
        return None
    found = record["id"] if "id" in record else record.get("modelId")
    return found if isinstance(found, str) and REPOSITORY.fullmatch(found) else None


def error_of(response: Response) -> str:
    """The Hub's own words for a refusal, shortened, as they are stored; "" where it has none."""
    try:
        document = read_json(response.body)
    except AnswerError:
        document = None
    error = document.get("error") if isinstance(document, dict) else None
    described = (response.headers.get("X-Error-Message") or b"").decode("latin-1")
    return (error if isinstance(error, str) else described)[:LONGEST_ERROR]


def next_link(response: Response) -> str | None:
    """The link to the next page from the Link header (RFC 8288), None on the last page."""
    found = NEXT_LINK.search(b", ".join(response.headers.getlist("Link")).decode("latin-1"))
    return found[1] if found else None


def moved_to(response: Response, root: str) -> str | None:
    """The id that a redirect of a record leads to, None when it leads anywhere else."""
    path = _path(response, root)
    repository = path.removeprefix(f"{API}/") if path.startswith(f"{API}/") else ""
    return repository if REPOSITORY.fullmatch(repository) else None


def text_at(file: str, response: Response, root: str) -> str | None:
    """The path and query below `root` that a file's redirect leads to, None when it leaves the Hub or the file."""
    path, location = _path(response, root), _location(response)
    query = location.partition("#")[0].partition("?")[2]
    place = TEXT_PLACE.fullmatch(path)
    return f"{path}{query and '?'}{query}" if place and place[1] == file else None


def _path(response: Response, root: str) -> str:
    return path_below(re.split(r"[?#]", _location(response), maxsplit=1)[0], root) or ""


def _location(response: Response) -> str:
    return (response.headers.get("Location") or b"").decode("latin-1")
