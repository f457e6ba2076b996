"""Identifies the code and rules that read records, so that what they read is used again only by the same ones."""

import hashlib
import platform
from importlib import metadata
from itertools import chain
from pathlib import Path

ROOMS = ("schemas", "pipelines")
READ_WITH = ("markdown-it-py", "mdurl", "orjson", "pydantic", "pydantic-core", "PyYAML", "rfc8785")
"""Libraries that reading a record can depend on."""


def reader_digest(root: Path) -> str:
    """Return the SHA-256 of all that decides what a record is read into: code, tables, Python and libraries.

    The files are read from disk each time, as the crawl's process is about to: a schedule may have begun before an
    update. It covers more than the readers: after any change below `pipelines/` everything is read once more.
    """
    digest = hashlib.sha256()
    for path in files_of(root):
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    versions = (f"{name} {metadata.version(name)}" for name in READ_WITH)
    digest.update("\n".join((platform.python_version(), *versions)).encode())
    return digest.hexdigest()


def files_of(root: Path) -> list[Path]:
    """Return the files of code and tables that decide what a record is read into, and what is composed from it."""
    return sorted(chain.from_iterable((root / room).rglob(f"*.{kind}") for room in ROOMS for kind in ("py", "toml")))
