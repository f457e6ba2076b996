"""System calls of a local store: opening folders without following links, syncing, and errors with remedies."""

import contextlib
import ctypes
import errno
import os
import stat
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from flows.store.base import MissingKeyError, ObstructedError, StoreError, StoreUnavailableError, TooLargeError

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""O_NONBLOCK: opening a named pipe that somebody put in place of a file must not wait for a writer."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FOLDER_MODE = 0o755
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_MODE = 0o644
_PIECE_BYTES = 2**20
_REMEDIES = {
    errno.ENOSPC: "the disk is full: make room and run again",
    errno.EDQUOT: "the disk quota is used up: make room and run again",
    errno.EFBIG: "the file would be larger than this system allows: raise the limit (ulimit -f) and run again",
    errno.EMFILE: "too many open files: raise this process's limit (ulimit -n) and run again",
    errno.ENFILE: "this machine has too many open files: end what opens them, and run again",
    errno.EACCES: "permission denied: let this user read and write the directory",
    errno.EPERM: "not permitted: the directory must be writable and its file system must have hard links",
    errno.EOPNOTSUPP: "the file system has no hard links or locks: choose a directory on another one",
    errno.EROFS: "the file system is read-only: choose another directory or mount it for writing",
    errno.ENOTDIR: "a file or link is where a folder must be: choose another directory, or remove that file",
    errno.ELOOP: "a link is where a file or folder must be, and links are not followed: remove it",
    errno.EISDIR: "a folder is where a file must be: remove it",
    errno.ENOTEMPTY: "a folder is where a file must be: remove it",
    errno.EEXIST: "a file is where the directory must be: remove it or choose another directory",
    errno.EXDEV: "part of the directory is mounted from elsewhere: put all of it on one file system",
}

_OBSTRUCTIONS = {errno.ENOTDIR, errno.ELOOP, errno.EISDIR}


class HeldLock(threading.local):
    """Descriptors that a thread keeps open during its publication, so that each write need not open them again."""

    def __init__(self) -> None:
        self.tmp: int | None = None
        self.folders: dict[tuple[str, ...], int] = {}


@contextlib.contextmanager
def explained(store: str, key: str) -> Iterator[None]:
    """Turn an OSError of the block into a StoreError that names the store, the key and the remedy."""
    try:
        yield
    except FileNotFoundError as error:
        raise MissingKeyError(f"{store}: nothing is stored at {key or 'this directory'}") from error
    except OSError as error:
        raise _unavailable(store, key, error) from error


def _unavailable(store: str, key: str, error: OSError) -> StoreError:
    remedy = _REMEDIES.get(error.errno or 0, f"{error.strerror}: check the disk and run again")
    kind = ObstructedError if error.errno in _OBSTRUCTIONS else StoreUnavailableError
    return kind(f"{store}: {key or 'the directory'}: {remedy}")


@contextlib.contextmanager
def open_folder(root: Path, parts: Iterable[str], *, make: bool) -> Iterator[int]:
    """Open a folder below the root and yield its descriptor.

    It is opened level by level, so that no link is followed. `make` creates missing levels.
    """
    if make and not root.is_dir():
        try:
            root.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError as error:  # how some pseudo file systems, such as /proc, refuse
            raise PermissionError(errno.EPERM, error.strerror) from error
        root.chmod(_FOLDER_MODE)
    at = os.open(root, _FOLDER)
    try:
        for part in parts:
            below = _enter(at, part, make=make)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def _enter(at: int, part: str, *, make: bool) -> int:
    try:
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(part, _FOLDER_MODE, dir_fd=at)
    below = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
    os.fchmod(below, _FOLDER_MODE)
    return below


def write_new(folder: int, name: str, pieces: Iterable[bytes], *, durable: bool) -> None:
    """Create a file that everybody may read; raise FileExistsError where it exists. `durable` syncs it to the disk.

    It uses system calls directly: Python's file objects make further ones, a quarter of the time of a small file.
    """
    descriptor = os.open(name, _NEW, FILE_MODE, dir_fd=folder)
    try:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        os.fchmod(descriptor, FILE_MODE)
        if durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def open_regular(folder: int, name: str, place: str, max_bytes: int) -> Iterator[BinaryIO]:
    """Open a regular file of a folder for reading; `place` names it in messages.

    Raises ObstructedError for anything else, and TooLargeError for more than `max_bytes`.
    """
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        _size_of_regular(file.fileno(), place, max_bytes)
        yield file


def read_regular(folder: int, name: str, place: str, max_bytes: int) -> bytes:
    """Return the content of a regular file of a folder; raise as `open_regular` does.

    It uses system calls directly, as `write_new` does.
    """
    descriptor = os.open(name, _READ, dir_fd=folder)
    try:
        size = _size_of_regular(descriptor, place, max_bytes)
        body = os.read(descriptor, size)
        while len(body) < size and (more := os.read(descriptor, size - len(body))):
            body += more
        return body
    finally:
        os.close(descriptor)


def _size_of_regular(descriptor: int, place: str, max_bytes: int) -> int:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ObstructedError(f"{place} is not a regular file: remove it")
    if found.st_size > max_bytes:
        raise TooLargeError(f"{place} is larger than {max_bytes} bytes: this is not a file that we wrote")
    return found.st_size


def pieces_of(path: Path) -> Iterator[bytes]:
    """Yield the content of a file in pieces."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def is_regular(path: str) -> bool:
    """Whether a path is a regular file and no link; `os.walk` does not enter folders that are links."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False


def raise_error(error: OSError) -> None:
    """Raise an error; for `os.walk`, which otherwise passes over folders that it cannot read."""
    raise error


def sync_file_system(descriptor: int) -> None:
    """Write the file system of an open file to the disk; raise OSError on failure.

    Calls Linux's syncfs(2), which also reports earlier failed writes, or sync(2) where the C library lacks it.
    """
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
    elif syncfs(descriptor) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
