"""Stores what records and texts were read into, so that one that has not changed is not read again by a later crawl."""

import contextlib
import hashlib
import os
import sqlite3
import stat
from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError
from scrapy.settings import BaseSettings

from schemas.crawl import AdmittedLine
from schemas.listing import Listing, RawListing
from schemas.sources import HOSTED
from spiders.extensions.redaction import secrets_of, set_aside

TABLE: Final = "CREATE TABLE IF NOT EXISTS reading (key BLOB PRIMARY KEY, observed_at TEXT, listing BLOB, seal BLOB)"

MOST_BYTES: Final = 8 * 2**30
"""Largest file of readings; a larger one is begun anew. Two million repositories with their cards need half of it."""
PAGE_BYTES: Final = 4096
BATCH: Final = 500
"""After so many new readings they are written."""


class Readings:
    """A file of readings, one for each crawled source: key → listing.

    The key is the hash of everything that a reading depends on: the digest of the readers' code and rules, and the
    record with its text; only when it was observed is left out. An entry counts only if its seal, a hash of all of it,
    is right, so a damaged one is read anew; a file that cannot be used is begun anew or does without.
    """

    def __init__(self, path: Path, reader: str, secrets: tuple[str, ...] = ()) -> None:
        self._reader, self._secrets, self._waiting = reader.encode(), secrets, 0
        self._database = _opened(path) or (_opened(path) if _removed(path) else None)

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self | None:
        """Open the file in READINGS for the readers of the digest READER; None where either is not set."""
        path, reader = settings.get("READINGS"), settings.get("READER")
        return cls(Path(path), reader, secrets_of(settings)) if path and reader else None

    def find(self, raw: RawListing) -> Listing | None:
        """Return what this record was read into before, dated as it is now; None where it has to be read.

        A reading of a later day is not used: what is refused as being in the future can have passed then.
        """
        if self._database is None or raw.source not in HOSTED:
            return None
        key = self._key(raw)
        try:
            row = self._database.execute(
                "SELECT observed_at, listing, seal FROM reading WHERE key = ?", (key,)
            ).fetchone()
        except sqlite3.Error:
            self._do_without()
            return None
        if row is None or not _is_sealed(key, *row) or row[0] > raw.observed_at:
            return None
        try:
            listing = Listing.model_validate_json(row[1])
        except ValidationError:
            return None
        same = (listing.source, listing.content_sha256) == (raw.source, raw.content_sha256)
        return listing.model_copy(update={"observed_at": raw.observed_at}) if same else None

    def remember(self, line: AdmittedLine) -> None:
        """Store what a record was read into, unless it repeats one of our secrets."""
        if self._database is None or line.raw.source not in HOSTED:
            return
        try:
            listing = line.listing.model_dump_json().encode()
        except ValueError:  # a lone surrogate: the record will be refused
            return
        if set_aside(line, listing, self._secrets) is not line:
            return
        key, at = self._key(line.raw), line.raw.observed_at
        try:
            self._database.execute(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?)", (key, at, listing, _seal(key, at, listing))
            )
            self._waiting += 1
            if self._waiting % BATCH == 0:
                self._database.commit()
        except sqlite3.Error:  # full, damaged, or another crawl is writing it
            self._do_without()

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.commit()
            self._do_without()

    def _key(self, raw: RawListing) -> bytes:
        text = raw.model_dump_json(exclude={"observed_at"}).encode()
        return hashlib.sha256(self._reader + b"\n" + text).digest()

    def _do_without(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()


def _seal(key: bytes, observed_at: str, listing: bytes) -> bytes:
    return hashlib.sha256(key + observed_at.encode() + listing).digest()


def _is_sealed(key: bytes, observed_at: object, listing: object, seal: object) -> bool:
    """Whether an entry is of the types that are stored, and its seal is right."""
    return isinstance(observed_at, str) and isinstance(listing, bytes) and seal == _seal(key, observed_at, listing)


def _opened(path: Path) -> sqlite3.Connection | None:
    """Open a file of readings; None where it is too large or damaged, or others can write to it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (_is_ours_alone(path.parent) and (not os.path.lexists(path) or _is_usable(path))):
            return None
        path.touch(mode=0o600)
        database = sqlite3.connect(path, timeout=0)
        database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {TABLE}")
        database.execute(f"PRAGMA max_page_count = {MOST_BYTES // PAGE_BYTES}")
        database.execute("SELECT key, observed_at, listing, seal FROM reading LIMIT 1").fetchone()
    except (OSError, sqlite3.Error):
        return None
    return database


def _is_ours_alone(path: Path) -> bool:  # as flows.job.workspace has it, which this room must not import
    seen = path.stat(follow_symlinks=False)
    return seen.st_uid == os.geteuid() and not stat.S_IMODE(seen.st_mode) & 0o022


def _is_usable(path: Path) -> bool:
    seen = path.stat(follow_symlinks=False)
    return _is_ours_alone(path) and stat.S_ISREG(seen.st_mode) and seen.st_size < MOST_BYTES


def _removed(path: Path) -> bool:
    """Remove a file that cannot be used, with its log; return whether another can be begun in its place."""
    try:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError:
        return False
    return True
