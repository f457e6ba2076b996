"""Removes what runs have left among the stored substances and no run uses any more."""

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import Final

LEFT_AFTER_S: Final = 24 * 3600
"""Age of a file that no run of this number of parts writes, after which it is removed."""
UNUSED_AFTER_S: Final = 30 * 24 * 3600
"""Time without a run of its store, after which a folder is removed."""

_FILE: Final = re.compile(r"(?P<parts>[0-9]+)-[0-9]+\.json(?P<unfinished>\.[0-9a-f]{8})?")
_FOLDER: Final = re.compile(r"[0-9a-f]{16}")


def clear_leftovers(path: Path) -> None:
    """Remove files of another number of parts than a part's file, unfinished ones, and folders of other stores.

    The time is that of the file system, at which the folder of the part is noted to be in use. What cannot be removed
    stays, as does what has another name than ours.
    """
    folder, parts = path.parent, path.name.partition("-")[0]
    try:
        os.utime(folder)
        now = folder.stat().st_mtime
        files, folders = list(folder.iterdir()), list(folder.parent.iterdir())
    except OSError:
        return
    for file in files:
        with contextlib.suppress(OSError):
            named = _FILE.fullmatch(file.name)
            is_used = named is None or (named["parts"] == parts and not named["unfinished"])
            if not is_used and now - file.lstat().st_mtime > LEFT_AFTER_S:
                file.unlink()
    for other in folders:
        with contextlib.suppress(OSError):
            seen = other.lstat()
            if _FOLDER.fullmatch(other.name) and stat.S_ISDIR(seen.st_mode) and now - seen.st_mtime > UNUSED_AFTER_S:
                _remove(other)


def _remove(folder: Path) -> None:
    """Remove a folder with the files of ours in it; raise OSError where it has others."""
    for file in folder.iterdir():
        if _FILE.fullmatch(file.name):
            file.unlink()
    folder.rmdir()
