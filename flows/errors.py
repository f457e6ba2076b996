"""The one error tree of this room."""

from pathlib import Path


class FlowError(Exception):
    """Something that a flow needs does not work; every error raised in this room descends from it."""


class FullError(FlowError):
    """There is no room for what a run keeps on disk, which another try would not change."""

    def __init__(self, folder: Path, reason: str) -> None:
        remedy = "make room, or set PASSPORTS_WORK to a folder on another disk, and run again"
        self.folder, self.reason = folder, reason
        super().__init__(f"{folder} can hold no more ({reason}): {remedy}")
