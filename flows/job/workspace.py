"""The folders of a run: a temporary one for what is too large for memory, and those that last from run to run."""

import fcntl
import hashlib
import os
import secrets
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.config.scratch import PREFIX as SCRATCH
from flows.config.scratch import claimed, clear_left, lock, remove
from flows.config.settings import read_settings
from flows.config.user_folders import cache_folder
from flows.errors import FullError
from flows.job.job import Job, open_tools
from flows.job.locks import make_usable, turns, usable_folder
from flows.store.open import canonical_store
from schemas.crawl import FULL

_PREFIX = "passports-run-"


@contextmanager
def workspace(job: Job) -> Iterator[Job]:
    """Yield the job with a temporary folder set, after removing the folders of killed runs.

    A refresh first waits for others of the same sources and store on this machine. Errors of a full disk become
    FullError.
    """
    root = _root(job)
    clear_left(root, _PREFIX)
    clear_left(Path(tempfile.gettempdir()), SCRATCH)
    folder, held = root / f"{_PREFIX}{secrets.token_hex(8)}", None
    try:  # before there is a folder, as a signal may come at any time
        held = claimed(folder)
        with turns(job):
            yield job.model_copy(update={"work": str(folder)})
    except FullError as error:
        if folder not in error.folder.parents:
            raise
        raise FullError(root, error.reason) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise FullError(root, os.strerror(error.errno)) from error
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise FullError(root, str(error)) from error
    finally:
        remove(folder)
        if held is not None:
            os.close(held)


@contextmanager
def crawl_folder(job: Job, source: str) -> Iterator[Path | None]:
    """Yield the folder of a resumable crawl, None where another run is crawling there now.

    It is the same folder for each run of this store, source and URL on this machine.
    """
    what = f"{canonical_store(job.store)}\n{source}\n{job.source_urls[source]}"
    folder = usable_folder((open_tools(job).settings.work or cache_folder()) / "crawls", what)
    try:
        held = lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
        return
    try:
        yield folder
    finally:
        os.close(held)


def readings_file(job: Job, source: str) -> Path:
    """Return the file in which crawls of a source store what they read; the same for each run on this machine."""
    return ((open_tools(job).settings.work or cache_folder()) / "readings" / f"{source}.sqlite").resolve()


def substances_folder(job: Job) -> Path:
    """Return the folder in which runs of this store store what they composed; the same for each run on this machine."""
    store = hashlib.sha256(canonical_store(job.store).encode()).hexdigest()[:16]
    return ((open_tools(job).settings.work or cache_folder()) / "composed" / store).resolve()


def is_ours_alone(seen: os.stat_result) -> bool:
    """Whether a file or folder is this user's, and no other can write to it."""
    return seen.st_uid == os.geteuid() and not stat.S_IMODE(seen.st_mode) & 0o022


def _root(job: Job) -> Path:
    chosen = read_settings(store=job.store).work or Path(tempfile.gettempdir())
    make_usable(chosen, "set PASSPORTS_WORK to a folder that you can write to")
    return chosen.resolve()  # workers and SQLite URIs need the absolute path
