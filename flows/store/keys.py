"""Checks keys before a store uses them, and recognises the keys of snapshots."""

import re

from flows.store.base import KeyRefusedError
from pipelines.registry.layout import SITE_FOLDERS, SITE_PAGES, SNAPSHOTS, _extension, snapshot_key

OBJECTS = "registry/objects"
PASSPORT_COPIES = "api/v1/passport"
BRIEFS = "api/v1/brief"

_PART = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,254}"
_KEY = re.compile(rf"(?:\.well-known/)?{_PART}(?:/{_PART})*")
_MAX_KEY_CHARACTERS = 1024
"""S3's limit; GCS and Azure have the same."""


def is_key(text: str) -> bool:
    """Whether the text is a key that cannot lead outside the store and that is valid in every kind of store."""
    return len(text) <= _MAX_KEY_CHARACTERS and _KEY.fullmatch(text) is not None


def checked(key: str) -> str:
    """Return the key; raise KeyRefusedError when it is not valid."""
    if not is_key(key):
        raise KeyRefusedError(
            f"key {key[:100]!r} is refused: parts of letters, digits, '.', '_', '~', '-' that begin with a letter or "
            f"digit, joined by '/', at most {_MAX_KEY_CHARACTERS} characters",
        )
    return key


def checked_site_key(key: str) -> str:
    """Return the key of a site file; raise KeyRefusedError when a registry file, copy or page could have it."""
    first, _, rest = checked(key).partition("/")
    theirs = (
        first == "registry"
        or key in SITE_FOLDERS
        or f"{key}/".startswith((f"{PASSPORT_COPIES}/", f"{BRIEFS}/"))
        or key == "api/v1"
    )
    named = key in SITE_PAGES or (first in SITE_FOLDERS and rest) or first == ".well-known"
    if theirs or not (named or (not rest and _extension(key))):
        raise KeyRefusedError(f"{key!r} is not allowed for a site file: it belongs to registry, passports or pages")
    return key


def generation_of(key: str) -> int | None:
    """Return the generation whose snapshot has this key; None where it is no snapshot's key."""
    number = key.removeprefix(f"{SNAPSHOTS}/").removesuffix(".json")
    return int(number) if number.isdecimal() and number.isascii() and key == snapshot_key(int(number)) else None
