"""Locks between the processes of one user on one machine."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.config.user_folders import cache_folder
from flows.errors import FlowError, FullError, SettingsError
from flows.job.job import Job
from flows.progress import LOG
from flows.store.open import canonical_store
from schemas.crawl import FULL

_LOCK = "held.lock"
"""File that a process locks in a folder it uses; the kernel releases the lock however the process ends."""


class AlreadyRunningError(FlowError):
    """Another process is already doing what only one may do at a time."""


def _lock(folder: Path, mode: int) -> int:
    """Lock a folder and return the descriptor; raise BlockingIOError where it is held and `mode` does not wait."""
    held = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(held, mode)
    except BaseException:
        os.close(held)
        raise
    return held


@contextmanager
def _turns(job: Job) -> Iterator[None]:
    """Hold a lock per source of a refresh, after waiting for other refreshes of the same store and source."""
    with ExitStack() as held:
        for source in sorted(job.sources) if job.flow == "refresh" else ():
            folder = _folder(cache_folder() / "turns", f"{canonical_store(job.store)}\n{source}")
            try:
                turn = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                LOG.warning("%s: another refresh of %s is running: waiting until it ends", job.store, source)
                turn = _lock(folder, fcntl.LOCK_EX)
            held.callback(os.close, turn)
        yield


@contextmanager
def only_process(what: str) -> Iterator[Path]:
    """Make this the only process of this user and machine that does `what`; raise AlreadyRunningError if it is not.

    Yields a folder for files that other processes shall find (`running_elsewhere`).
    """
    folder = _folder(cache_folder() / "alone", what)
    try:
        held = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyRunningError(f"{what}: another process does this already: stop it first") from None
    try:
        yield folder
    finally:
        os.close(held)


def running_elsewhere(what: str) -> Path | None:
    """Return the folder of the process that holds `only_process(what)`; None where none does."""
    folder = _named(cache_folder() / "alone", what)
    if not folder.exists():
        return None
    try:
        os.close(_lock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return folder
    return None


def _named(kind: Path, identity: str) -> Path:
    return kind / hashlib.sha256(identity.encode()).hexdigest()[:16]


def _folder(kind: Path, identity: str) -> Path:
    folder = _named(kind, identity)
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
