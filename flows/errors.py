"""The base class of all errors that `flows` raises, and the errors of a wrong setting and of a full disk."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


class FlowError(Exception):
    """Base class of every error raised in `flows`: something that a run needs does not work."""

    @property
    def answer(self) -> Mapping[str, object]:
        """What a command's answer in JSON has beside the error; empty for most."""
        return {}


class SettingsError(FlowError):
    """A setting, or an option of a command, has an invalid value."""


class FullError(FlowError):
    """The disk has no room for the files of a run. A retry would fail too."""

    def __init__(self, folder: Path, reason: str) -> None:
        remedy = "make room, or set PASSPORTS_WORK to a folder on another disk, and run again"
        self.folder, self.reason = folder, reason
        super().__init__(f"{folder} cannot be written to ({reason}): {remedy}")


def no_room(error: OSError) -> str:
    """Return what to say of a temporary file that found no room; raise the error where that is not the matter."""
    from schemas.crawl import FULL  # noqa: PLC0415 - only where something is wrong

    if error.errno not in FULL:
        raise error
    remedy = "make room, or set TMPDIR to a folder on another disk, and run again"
    return f"{tempfile.gettempdir()} cannot be written to ({os.strerror(error.errno)}): {remedy}"
