"""Finds the processes of crawls."""

from pathlib import Path


def crawls_of(pid: int) -> list[int]:
    """Return the process ids of the crawls that a process has started."""
    listed = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return [child for child in map(int, listed.split()) if "scrapy" in command_of(child)]


def command_of(pid: int) -> str:
    """Return the command line of a process, empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""
