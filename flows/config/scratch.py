"""Temporary folders, each locked by the process that uses it: what processes leave that are killed can be removed."""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
import weakref
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Self

LOCK = "held.lock"
"""File that a process locks in a folder it uses; the kernel releases the lock however the process ends."""
PREFIX = "passports-scratch-"
_REMOVALS = 16
"""Tries to remove a folder: each may meet a file that was made since its folder was listed."""


_OPEN: dict[Path, tuple[int, Callable[[], object]]] = {}
"""Folder → the process that made it, and what removes it."""


class ScratchFolder:
    """A new folder in the system's folder for temporary files, until it is closed, or this or the process ends.

    A process calls `close_all` before it leaves by `os._exit`. Before it makes its first folder, those are removed that
    killed processes have left.
    """

    def __init__(self, folder: Path | None = None) -> None:
        root = folder or Path(tempfile.gettempdir())
        _clear_once(root)
        self.path = root / f"{PREFIX}{secrets.token_hex(8)}"
        self._end = weakref.finalize(self, _removed, self.path, claimed(self.path))
        _OPEN[self.path] = os.getpid(), self._end

    def close(self) -> None:
        """Remove the folder and what is in it."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def close_all() -> None:
    """Remove the folders that this process has made and not closed; those of the one that it was forked from stay."""
    for maker, end in [*_OPEN.values()]:
        if maker == os.getpid():
            end()


@cache
def _clear_once(root: Path) -> None:
    clear_left(root, PREFIX)


def _removed(folder: Path, held: int) -> None:
    _OPEN.pop(folder, None)
    remove(folder)
    os.close(held)


def lock(folder: Path, mode: int) -> int:
    """Lock a folder and return the descriptor; raise BlockingIOError where it is held and `mode` does not wait."""
    held = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(held, mode)
    except BaseException:
        os.close(held)
        raise
    return held


def remove(folder: Path) -> None:
    """Remove a folder, also where a signal comes meanwhile, or a crawl that is being ended still writes to it."""
    try:
        for _ in range(_REMOVALS):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                return
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def clear_left(root: Path, prefix: str) -> None:
    """Remove the folders with this prefix of processes that were killed; those of live ones and of other users stay."""
    for folder in root.glob(f"{prefix}*"):
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            if _is_ours(folder):
                held = lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(folder)
                os.close(held)


def claimed(folder: Path) -> int:
    """Make a folder and lock it; make it again if a run starting at the same time removed it before it was locked."""
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            held = lock(folder, fcntl.LOCK_EX)
            if (folder / LOCK).exists():
                return held
            os.close(held)


def _is_ours(folder: Path) -> bool:
    """Whether a path is a folder of this user: others may write to the system's temporary folder too."""
    seen = folder.lstat()
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid()
