"""The folders of a user's files, by the XDG Base Directory Specification."""

import os
import sys
from pathlib import Path

import typer


def configuration_folder() -> Path:
    """Return the folder for configuration, such as the signing key."""
    return _folder("XDG_CONFIG_HOME", ".config") if sys.platform == "linux" else Path(typer.get_app_dir("passports"))


def cache_folder() -> Path:
    """Return the folder for locks between this user's processes, and for resumable crawls."""
    return _folder("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """Return the folder for what is remembered between runs: the highest generations seen."""
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, usual: str) -> Path:
    """Return the folder in a variable; an empty or relative one counts as not set, as the specification demands."""
    named = Path(os.environ.get(variable, ""))
    return (named if named.is_absolute() else Path.home() / usual) / "passports"
