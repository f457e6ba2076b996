"""Identifies the code that composes passports in this process, so that only the same code uses what it composed."""

from pathlib import Path
from typing import Final

from flows.crawl.process import ROOT
from flows.crawl.readers import files_of, library_folders, reader_digest
from schemas.base import Sha256

Stamp = tuple[int, int, int, int]
"""Inode, size, and times of the last change of a file's content and of its state."""


class LoadedCode:
    """The code and tables that a process loads as it begins, by their digest at that time."""

    def __init__(self, root: Path) -> None:
        self._root, files = root, files_of(root)
        self._watched = [*files, *{file.parent for file in files}, *library_folders()]
        self._stamps = self._stamps_now()
        self._loaded = reader_digest(root)

    def digest(self) -> Sha256 | None:
        """Return the digest; None where what is installed has another one by now.

        After an update, the process may have loaded some files as they were before it, and others as they are since.
        What has the stamps that it had is not read again.
        """
        if self._stamps_now() != self._stamps and reader_digest(self._root) != self._loaded:
            return None
        return self._loaded

    def _stamps_now(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self._watched]


def _stamp(path: Path) -> Stamp | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


COMPOSER: Final = LoadedCode(ROOT)
"""The code that composes passports in this process, identified while it is loaded."""
