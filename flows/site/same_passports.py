"""Recognises a generation with the very passports of the listed pages: what shows only those is as it was."""

from typing import Final

from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError
from flows.store.base import MissingKeyError
from pipelines.pages.addresses import CAPABILITY, FAILURE, MAKER, MAKERS_KEY, PURPOSE, TABLE
from pipelines.registry.layout import INDEX_KEY
from schemas.registry import PageList

VOCABULARY_KEY: Final = "vocabulary"
_PAGES: Final = (INDEX_KEY, MAKERS_KEY, VOCABULARY_KEY)
_FOLDERS: Final = tuple(f"{folder}/" for folder in (CAPABILITY, PURPOSE, MAKER, FAILURE, TABLE))


def has_same_passports(reader: Reader, listed: PageList) -> bool:
    """Whether a generation serves exactly the passports of its parent, and the list is of that parent's pages.

    They are the same where the signed delta is empty, no revocation was added and the rules are the same: pages of
    groups state rules, too.
    """
    snapshot, parent = reader.snapshot, reader.parent(reader.snapshot)
    if parent is None or (snapshot.parent, snapshot.parent_sha256) != (listed.generation, listed.snapshot_sha256):
        return False
    if (snapshot.revocations, snapshot.rules_sha256) != (parent.revocations, parent.rules_sha256):
        return False
    try:
        return next(iter(reader.delta()), None) is None
    except (RegistryError, MissingKeyError):
        return False


def shows_only_passports(key: str) -> bool:
    """Whether a file depends on nothing but the passports that are served: front page, groups, makers, table."""
    return key in _PAGES or key.startswith(_FOLDERS)
