"""Where a run keeps what is too large for memory: a folder of its own, gone when the run has ended."""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.errors import FlowError, FullError
from flows.job import Job
from flows.progress import LOG
from flows.settings import SettingsError, read_settings
from flows.store.opening import canonical_store
from flows.user_folders import cache_folder
from schemas.crawl import FULL

_PREFIX = "passports-run-"
_LOCK = "held.lock"
"""File in a run's folder that the run keeps locked while it lives: a lock ends with its process, however that ends."""


class AnotherError(FlowError):
    """Another process does already what only one may."""


@contextmanager
def workplace(job: Job) -> Iterator[Job]:
    """Give a job its folder while the context lasts, after clearing away those that killed runs left behind.

    A refresh waits for one that goes on: of the same sources, into the same store, on this machine.
    """
    root = _root(job)
    clear_left(root)
    folder, held = _new_folder(root)
    try:
        with _turns(job):
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
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def clear_left(root: Path) -> None:
    """Remove the folders of runs that have ended without doing so themselves; those of others stay."""
    for folder in root.glob(f"{_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            if _is_ours(folder):
                held = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)


def _new_folder(root: Path) -> tuple[Path, int]:
    """Make a folder and lock it; make another where a run that starts now took it for one that was left."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        with contextlib.suppress(FileNotFoundError):
            held = _lock(folder, fcntl.LOCK_EX)
            if (folder / _LOCK).exists():
                return folder, held
            os.close(held)


def _lock(folder: Path, mode: int) -> int:
    """Lock a folder; raise BlockingIOError where it is held and `mode` does not wait."""
    held = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(held, mode)
    except BaseException:
        os.close(held)
        raise
    return held


def _is_ours(folder: Path) -> bool:
    """Whether this user made it, and it is a folder: others may write where temporary files are kept."""
    seen = folder.lstat()
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid()


@contextmanager
def _turns(job: Job) -> Iterator[None]:
    """Hold the turn of each source that a refresh crawls; a source is not asked for the same twice at once."""
    with ExitStack() as held:
        for source in sorted(job.sources) if job.flow == "refresh" else ():
            folder = _folder(cache_folder() / "turns", f"{canonical_store(job.store)}\n{source}")
            try:
                turn = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                LOG.warning("%s: another refresh of %s goes on: waiting until it has ended", job.store, source)
                turn = _lock(folder, fcntl.LOCK_EX)
            held.callback(os.close, turn)
        yield


@contextmanager
def alone(what: str) -> Iterator[Path]:
    """Be the only process of this machine and user that does something; raise AnotherError where there is one.

    Yields a folder in which others find what they are to know of it.
    """
    folder = _folder(cache_folder() / "alone", what)
    try:
        held = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AnotherError(f"{what}: another process does that already: stop it first") from None
    try:
        yield folder
    finally:
        os.close(held)


def done_elsewhere(what: str) -> Path | None:
    """Give the folder of the process that does something alone; None where none does."""
    folder = _folder(cache_folder() / "alone", what)
    try:
        os.close(_lock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return folder
    return None


def _folder(kind: Path, told: str) -> Path:
    folder = kind / hashlib.sha256(told.encode()).hexdigest()[:16]
    _made(folder, "set XDG_CACHE_HOME or PASSPORTS_WORK to a folder that you can write to")
    return folder


def _made(folder: Path, remedy: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        if error.errno in FULL:
            raise FullError(folder, os.strerror(error.errno)) from None
        raise SettingsError(f"{folder} cannot be used ({error.strerror}): {remedy}") from None


@contextmanager
def crawl_folder(job: Job, source: str) -> Iterator[Path | None]:
    """Folder of a crawl that can be resumed: the same for the next run of this store on this machine.

    None where another run that lives is crawling there.
    """
    what = f"{canonical_store(job.store)}\n{source}\n{job.source_urls[source]}"
    folder = _folder((read_settings().work or cache_folder()) / "crawls", what)
    try:
        held = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
        return
    try:
        yield folder
    finally:
        os.close(held)


def _root(job: Job) -> Path:
    chosen = read_settings(store=job.store).work or Path(tempfile.gettempdir())
    _made(chosen, "set PASSPORTS_WORK to a folder that you can write to")
    return chosen.resolve()  # workers, and whoever asks a database by its address, need the whole path
