"""Locks between the processes of one user on one machine."""

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows.config.scratch import lock
from flows.config.user_folders import cache_folder
from flows.errors import FlowError, FullError, SettingsError
from flows.job.job import Job
from flows.progress import LOG
from flows.store.open import canonical_store
from schemas.crawl import FULL


class AlreadyRunningError(FlowError):
    """Another process is already doing what only one may do at a time."""


@contextmanager
def turns(job: Job) -> Iterator[None]:
    """Hold a lock per source of a refresh, after waiting for other refreshes of the same store and source."""
    with ExitStack() as held:
        for source in sorted(job.sources) if job.flow == "refresh" else ():
            folder = usable_folder(cache_folder() / "turns", f"{canonical_store(job.store)}\n{source}")
            try:
                turn = lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                LOG.warning("%s: another refresh of %s is running: waiting until it ends", job.store, source)
                turn = lock(folder, fcntl.LOCK_EX)
            held.callback(os.close, turn)
        yield


@contextmanager
def only_process(what: str) -> Iterator[Path]:
    """Make this the only process of this user and machine that does `what`; raise AlreadyRunningError if it is not.

    Yields a folder for files that other processes shall find (`running_elsewhere`).
    """
    folder = usable_folder(cache_folder() / "alone", what)
    try:
        held = lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
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
        os.close(lock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return folder
    return None


def _named(kind: Path, identity: str) -> Path:
    return kind / hashlib.sha256(identity.encode()).hexdigest()[:16]


def usable_folder(kind: Path, identity: str) -> Path:
    """Return the folder of a kind for what has this identity, once it can be written to; raise as `make_usable`."""
    folder = _named(kind, identity)
    make_usable(folder, "set XDG_CACHE_HOME or PASSPORTS_WORK to a folder that you can write to")
    return folder


def make_usable(folder: Path, remedy: str) -> None:
    """Make a folder where there is none; raise FullError, or SettingsError with the remedy where it cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        if error.errno in FULL:
            raise FullError(folder, os.strerror(error.errno)) from None
        raise SettingsError(f"{folder} cannot be used ({error.strerror}): {remedy}") from None
