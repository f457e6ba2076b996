"""Identifies the code that composes passports in this process, so that only the same code uses what it composed."""

from pathlib import Path
from typing import Final

from flows.crawl.process import ROOT
from flows.crawl.readers import reader_digest
from schemas.base import Sha256


class LoadedCode:
    """The code and tables that a process loads as it begins, by their digest at that time."""

    def __init__(self, root: Path) -> None:
        self._root, self._loaded = root, reader_digest(root)

    def digest(self) -> Sha256 | None:
        """Return the digest; None where what is installed has another one by now.

        After an update, the process may have loaded some files as they were before it, and others as they are since.
        """
        return self._loaded if self._loaded == reader_digest(self._root) else None


COMPOSER: Final = LoadedCode(ROOT)
"""The code that composes passports in this process, identified while it is loaded."""
