"""Keys of the registry's files, and the Content-Type and Cache-Control with which each is served."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

POINTER_KEY = "registry/timestamp.json"
APPLIED_KEY = "registry/applied.json"
PAGES_KEY = "registry/pages.json"
"""The signed list of all pages of the served generation, by the hashes of its parts."""
SNAPSHOTS = "registry/snapshots"
PAGE_LISTS = "registry/page-lists"

DELTAS = "registry/deltas"
SEARCH_INDEXES = "registry/search"
SCHEMA_KEY = "schema.json"
LLMS_KEY = "llms.txt"
INDEX_KEY = "index.html"
NOT_FOUND_KEY = "404.html"
JWKS_KEY = ".well-known/jwks.json"
PUBLIC_KEY_KEY = "api/v1/trust-passport-public-key"

SITE_FOLDERS = frozenset({
    "api", "assets", "badge", "capability", "data", "exports", "failure", "feeds", "maker", "purpose",
})  # fmt: skip
"""Folders of site files."""
SITE_PAGES = frozenset({
    "changes", "compare", "docs", "makers", "record", "search", "status", "submit", "trust", "verify", "vocabulary",
})  # fmt: skip
"""Pages of the site that are not about one passport."""
ROOT_FILES = frozenset({"404", "favicon", "index", "llms", "manifest", "robots", "schema", "sitemap"})
"""Names of files at the root without their extensions: servers of "clean" addresses find index.html under /index."""
RESERVED_NAMES = SITE_FOLDERS | SITE_PAGES | ROOT_FILES | {"registry", "mcp"}
"""First parts of keys, and of addresses that passports link to; the page of a slug with such a name is renamed."""
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9])(?:\.|$)")
"""Names that Windows takes for a device, with any extension, so that no mirror there can store such a file."""
SITE_EXTENSIONS = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "ico": "image/x-icon",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
    "xml": "application/xml",
    "zst": "application/zstd",
}
"""Extension of a site file → its Content-Type. A slug that ends in one would be served as such a file."""
_COMPRESSED = frozenset({"br", "gz"})
"""Extensions that servers interpret as a Content-Encoding."""

_STEM_HASH_CHARACTERS = 16

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'"
)
"""The Content-Security-Policy that every page states: nothing inline, nothing from elsewhere."""
PAGE_HEADERS = {
    "Content-Security-Policy": f"{PAGE_POLICY}; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Headers that a server adds to pages; a bucket cannot, so that pages state the same themselves where they can."""


class Headers(NamedTuple):
    """HTTP headers with which a key is served."""

    content_type: str
    cache_control: str


_IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATED = "no-cache"
_MINUTES = "public, max-age=300"
_RULES: tuple[tuple[re.Pattern[str], Headers], ...] = tuple(
    (re.compile(pattern), Headers(content_type, cache_control))
    for pattern, content_type, cache_control in (
        (r"registry/(timestamp|applied|pages)\.json", "application/json", _REVALIDATED),
        (r"registry/log/pending/.+", "application/octet-stream", _REVALIDATED),
        (r"registry/log/checkpoint", "text/plain; charset=utf-8", _REVALIDATED),
        (r"registry/log/tile/.+\.p/[0-9]+", "application/octet-stream", _MINUTES),
        (r"registry/log/tile/.+", "application/octet-stream", _IMMUTABLE),
        (r"registry/.+\.json", "application/json", _IMMUTABLE),
        (r"registry/.+\.sqlite", "application/vnd.sqlite3", _IMMUTABLE),
        (r"registry/.+\.zst", "application/zstd", _IMMUTABLE),
        (r"\.well-known/jwks\.json", "application/jwk-set+json", _MINUTES),
        (r"schema\.json", "application/schema+json", _MINUTES),
        (r"api/.+", "application/json", _MINUTES),
        (r"feeds/.+\.atom", "application/atom+xml; charset=utf-8", _MINUTES),
        (r"feeds/.+\.ics", "text/calendar; charset=utf-8", _MINUTES),
        (r"exports/.+\.parquet", "application/vnd.apache.parquet", _MINUTES),
        (r"exports/bom/.+", "application/vnd.cyclonedx+json; version=1.6", _MINUTES),
        (r"exports/dsse/.+", "application/vnd.dsse.envelope.v1+json", _MINUTES),
        (r"(capability|purpose|maker|failure)/.+", "text/html; charset=utf-8", _MINUTES),
    )
)
"""The first that matches the whole key applies; site files go by extension; everything else is a page."""


def headers(key: str) -> Headers:
    """Content-Type and Cache-Control of a key; stated here alone, for buckets and servers alike."""
    for pattern, found in _RULES:
        if pattern.fullmatch(key):
            return found
    return Headers(SITE_EXTENSIONS.get(_extension(key), SITE_EXTENSIONS["html"]), _MINUTES)


def header_rules() -> Iterator[tuple[str, Headers]]:
    """Yield headers by pattern of key, for a server's configuration; the first match applies, else it is a page."""
    yield from ((pattern.pattern, found) for pattern, found in _RULES)
    for extension in SITE_EXTENSIONS:
        yield rf".+\.{extension}", headers(f"a.{extension}")


def safe_stem(slug: str) -> str:
    """Name of a passport's copies: its slug where that is safe, else `stem~hash`, which no slug can be.

    A slug is not safe if it is reserved, names a device of Windows, ends like a site file, or has dots that a server
    could read as a path.
    """
    named = slug in RESERVED_NAMES or _DEVICE.match(slug)
    if not named and not _extension(slug) and ".." not in slug and not slug.endswith("."):
        return slug
    stem = re.sub(r"\.{2,}", ".", slug).rstrip(".")
    if _DEVICE.match(stem):  # "con.1" would remain one, whatever follows its dot
        stem = stem.replace(".", "-")
    return f"{stem}~{hashlib.sha256(slug.encode()).hexdigest()[:_STEM_HASH_CHARACTERS]}"


def renaming() -> dict[str, Any]:
    """Return what `safe_stem` decides by, for the scripts of the pages, which do as it does."""
    return {
        "names": sorted(RESERVED_NAMES),
        "device": _DEVICE.pattern,
        "extensions": sorted(SITE_EXTENSIONS.keys() | _COMPRESSED),
        "characters": _STEM_HASH_CHARACTERS,
    }


def _extension(key: str) -> str:
    extension = key.rpartition(".")[2] if "." in key else ""
    return extension if extension in SITE_EXTENSIONS or extension in _COMPRESSED else ""


def object_key(sha256: str) -> str:
    """Key of a signed passport by the hash of its bytes."""
    return f"registry/objects/{sha256[:2]}/{sha256}.json"


def shard_key(sha256: str) -> str:
    """Key of a shard by the hash of its compressed bytes."""
    return f"registry/shards/{sha256}.jsonl.zst"


def source_key(source: str, sha256: str) -> str:
    """Key of a source's last good listings by the hash of their compressed bytes."""
    return f"registry/sources/{source}/{sha256}.jsonl.zst"


def search_key(sha256: str) -> str:
    """Key of a search index by the hash of its bytes."""
    return f"{SEARCH_INDEXES}/{sha256}.sqlite"


def rules_key(sha256: str) -> str:
    """Key of the rules that passports were made with, by the hash of their bytes."""
    return f"registry/rules/{sha256}.json"


def snapshot_key(generation: int) -> str:
    """Key of a generation's snapshot."""
    return f"{SNAPSHOTS}/{generation}.json"


def root_key(version: int) -> str:
    """Key of a version of the root of trust."""
    return f"registry/root/{version}.json"


def revocations_key(sha256: str) -> str:
    """Key of a list of revocations by the hash of its bytes."""
    return f"registry/revocations/{sha256}.json"


def delta_key(generation: int) -> str:
    """Key of the delta between a generation and its parent."""
    return f"{DELTAS}/{generation}.jsonl.zst"


def log_key(name: str) -> str:
    """Key of a file of the public log, by its name in C2SP's tlog-tiles."""
    return f"registry/log/{name}"


def log_pending_folder(run: str) -> str:
    """Folder of the files of the log that a run adds, until its generation is served and they are at their keys."""
    return f"registry/log/pending/{run}"


def log_pending_key(run: str, name: str) -> str:
    """Key of such a file, by its name in C2SP's tlog-tiles."""
    return f"{log_pending_folder(run)}/{name}"


def page_list_key(sha256: str) -> str:
    """Key of a part of the list of pages by the hash of its compressed bytes."""
    return f"{PAGE_LISTS}/{sha256}.jsonl.zst"


def run_key(run_id: str) -> str:
    """Key of a run's report."""
    return f"registry/runs/{run_id}.json"


def probe_key(nonce: str, race: str) -> str:
    """Key that the writers of one race of the store's fitness probe compete for."""
    return f"registry/probe/{nonce}/{race}.json"


def passport_copy_key(slug: str) -> str:
    """Key of the copy of a passport that `_links.self` names."""
    return f"api/v1/passport/{safe_stem(slug)}"


def brief_key(slug: str) -> str:
    """Key of the signed brief of a passport."""
    return f"api/v1/brief/{safe_stem(slug)}"


def page_key(slug: str) -> str:
    """Key of a passport's page."""
    return safe_stem(slug)
