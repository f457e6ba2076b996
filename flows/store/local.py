"""A store in a local directory: atomic writes, compare-and-swap under a lock, one sync per publication.

A write goes to a temporary file under `.tmp`, which no key can name, and is renamed into place: a killed process leaves
no half-written key. Folders are opened by descriptor without following links, so no key leads outside the root.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO

from flows.progress import LOG
from flows.store import keys
from flows.store.base import MAX_BLOB_BYTES, Blob, ConflictError, MissingKeyError
from flows.store.disk import (
    FILE_MODE,
    HeldLock,
    explained,
    is_regular,
    open_folder,
    open_regular,
    pieces_of,
    raise_error,
    read_regular,
    sync_file_system,
    write_new,
)
from pipelines.registry import layout

_TMP = ".tmp"
_FOLDERS_HELD = 300
"""Folders kept open: the 256 of passports by hash and some more, well below the limit of open files of a process."""
_PUBLICATION = "publish.lock"
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalStore:
    """A store in a directory, which the first write makes. The directory may be a link, nothing inside it may."""

    workers = 1

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._name = str(self._root)
        self._held = HeldLock()
        self._mark, self._numbers = secrets.token_hex(8), count()
        """Make the names of temporary files unique, with the process id, also across machines."""

    @property
    def name(self) -> str:
        """The absolute path of the directory."""
        return self._name

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Return the content of a key, its SHA-256 as token; raise MissingKeyError or TooLargeError."""
        with explained(self.name, key), self._folder_of(key, make=False) as (folder, leaf):
            return Blob(read_regular(folder, leaf, f"{self.name}: {key}", max_bytes))

    @contextlib.contextmanager
    def open(self, key: str, *, max_bytes: int = sys.maxsize) -> Iterator[BinaryIO]:
        """Open the file of a key for reading; raise MissingKeyError or TooLargeError."""
        with (
            explained(self.name, key),
            self._folder_of(key, make=False) as (folder, leaf),
            open_regular(folder, leaf, f"{self.name}: {key}", max_bytes) as file,
        ):
            yield file

    def save(self, key: str, path: Path, *, max_bytes: int) -> None:
        """Copy the file of a key to a new file; raise MissingKeyError or TooLargeError."""
        with self.open(key, max_bytes=max_bytes) as file, path.open("xb") as copy:
            shutil.copyfileobj(file, copy)

    def exists(self, key: str) -> bool:
        """Whether a regular file is stored at the key."""
        try:
            with explained(self.name, key), self._folder_of(key, make=False) as (folder, leaf):
                return stat.S_ISREG(os.stat(leaf, dir_fd=folder, follow_symlinks=False).st_mode)
        except MissingKeyError:
            return False

    def create(self, key: str, body: bytes) -> bool:
        """Create a key by linking the finished file into place; False for all but one of several processes at once."""
        return self._create(key, (body,))

    def create_from(self, key: str, path: Path) -> bool:
        """Create a key from a file, in pieces; returns False, and writes nothing, where it exists."""
        return self._create(key, pieces_of(path))

    def _create(self, key: str, pieces: Iterable[bytes]) -> bool:
        with explained(self.name, key), self._staged(key, pieces) as (tmp, name, folder, leaf):
            try:
                os.link(name, leaf, src_dir_fd=tmp, dst_dir_fd=folder, follow_symlinks=False)
            except FileExistsError:
                return False
            self._settle(key, folder)
        return True

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Replace a version under a lock that all swaps here share; raise ConflictError where another is stored."""
        with (
            explained(self.name, key),
            self._staged(key, (body,)) as (tmp, name, folder, leaf),
            self._locked("swap.lock"),
        ):
            if self._token_of(folder, leaf, key) != expected:
                raise ConflictError(f"{self.name}: {key} was changed by another publisher: read it again")
            os.rename(name, leaf, src_dir_fd=tmp, dst_dir_fd=folder)
            self._settle(key, folder)

    def put(self, key: str, body: bytes) -> None:
        """Write a key, replacing what is stored there."""
        self._put(key, (body,))

    def put_from(self, key: str, path: Path) -> None:
        """Write a key from a file, in pieces."""
        self._put(key, pieces_of(path))

    def _put(self, key: str, pieces: Iterable[bytes]) -> None:
        with explained(self.name, key), self._staged(key, pieces) as (tmp, name, folder, leaf):
            os.rename(name, leaf, src_dir_fd=tmp, dst_dir_fd=folder)
            self._settle(key, folder)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys below a folder, sorted; links, pipes and temporary files are left out."""
        top = self._root / keys.checked(prefix) if prefix else self._root
        found: list[str] = []
        with contextlib.suppress(MissingKeyError), explained(self.name, prefix):
            for folder, _, leaves in os.walk(top, onerror=raise_error):
                at = Path(folder).relative_to(self._root)
                found += [(at / leaf).as_posix() for leaf in leaves if is_regular(f"{folder}/{leaf}")]
        yield from sorted(filter(keys.is_key, found))

    def delete(self, key: str) -> None:
        """Remove the file of a key, but not its folder."""
        with (
            contextlib.suppress(MissingKeyError),
            explained(self.name, key),
            self._folder_of(key, make=False) as (folder, leaf),
        ):
            os.unlink(leaf, dir_fd=folder)

    def barrier(self) -> None:
        """Make everything written durable, by one sync of the file system that holds the directory."""
        with explained(self.name, ""), open_folder(self._root, (), make=True) as root:
            sync_file_system(root)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Wait for the directory's publication lock, then hold it; the kernel releases it when a process is killed."""
        with contextlib.ExitStack() as held:
            with explained(self.name, ""):
                held.enter_context(self._locked(_PUBLICATION))
                self._sweep()
                self._held.tmp = held.enter_context(self._locked("write.lock", fcntl.LOCK_SH))
            try:
                yield
            finally:
                self._let_go()

    @contextlib.contextmanager
    def _folder_of(self, key: str, *, make: bool) -> Iterator[tuple[int, str]]:
        *parts, leaf = keys.checked(key).split("/")
        held = self._held.folders.get(tuple(parts))
        if held is not None:
            yield held, leaf
            return
        with open_folder(self._root, parts, make=make) as folder:
            if make and self._held.tmp is not None and len(self._held.folders) < _FOLDERS_HELD:
                self._held.folders[tuple(parts)] = os.dup(folder)
            yield folder, leaf

    @contextlib.contextmanager
    def _staged(self, key: str, pieces: Iterable[bytes]) -> Iterator[tuple[int, str, int, str]]:
        name = f"{os.getpid()}-{self._mark}-{next(self._numbers)}"
        with self._folder_of(key, make=True) as (folder, leaf), self._writing() as tmp:
            try:
                write_new(tmp, name, pieces, durable=key == layout.POINTER_KEY)
                yield tmp, name, folder, leaf
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=tmp)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[int]:
        if self._held.tmp is not None:
            yield self._held.tmp
            return
        with self._locked("write.lock", fcntl.LOCK_SH) as tmp:
            yield tmp

    def prepare(self) -> None:
        """Make the directory; raise StoreUnavailableError where it cannot be made or written to."""
        with explained(self.name, ""), self._writing():
            pass

    def _let_go(self) -> None:
        self._held.tmp = None
        while self._held.folders:
            os.close(self._held.folders.popitem()[1])

    def _settle(self, key: str, folder: int) -> None:
        """Sync the folder if the key is the pointer: after a loss of power no copy may be newer than the pointer."""
        if key == layout.POINTER_KEY:
            os.fsync(folder)

    @contextlib.contextmanager
    def _locked(self, lock: str, mode: int = fcntl.LOCK_EX) -> Iterator[int]:
        with open_folder(self._root, (_TMP,), make=True) as tmp:
            held = os.open(lock, _LOCK, FILE_MODE, dir_fd=tmp)
            try:
                self._take(held, lock, mode)
                yield tmp
            finally:
                os.close(held)

    def _take(self, held: int, lock: str, mode: int) -> None:
        """Lock a file; log a warning when that has to wait for another run's publication."""
        try:
            fcntl.flock(held, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if mode & fcntl.LOCK_NB:
                raise
            if lock == _PUBLICATION:
                LOG.warning("%s: another run is publishing: waiting until it ends", self.name)
            fcntl.flock(held, mode)

    def _sweep(self) -> None:
        """Remove temporary files of killed writers, unless another writer is active: then the next publication does."""
        with contextlib.suppress(BlockingIOError), self._locked("write.lock", fcntl.LOCK_EX | fcntl.LOCK_NB) as tmp:
            for entry in os.scandir(tmp):
                if not entry.name.endswith(".lock"):
                    os.unlink(entry.name, dir_fd=tmp)

    def _token_of(self, folder: int, leaf: str, key: str) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            return Blob(read_regular(folder, leaf, f"{self.name}: {key}", MAX_BLOB_BYTES)).token
        return None
