"""Where a user's files lie, by the XDG Base Directory Specification."""

import os
import sys
from pathlib import Path

import typer


def configuration_folder() -> Path:
    """Folder of what the user has set, the signing key among it."""
    return _folder("XDG_CONFIG_HOME", ".config") if sys.platform == "linux" else Path(typer.get_app_dir("passports"))


def cache_folder() -> Path:
    """Folder in which this user's processes find each other."""
    return _folder("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """Folder of what is remembered from run to run: the highest generations that were seen."""
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, usual: str) -> Path:
    """Read a variable; an empty or relative one counts as not set, as the specification has it."""
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / usual) / "passports"
