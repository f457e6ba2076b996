"""Identifies the code and rules that read records, so that what they read is used again only by the same ones."""

import hashlib
import platform
from contextlib import suppress
from importlib import metadata
from itertools import chain
from pathlib import Path

from schemas.base import Sha256

ROOMS = ("schemas", "pipelines")
READ_WITH = ("markdown-it-py", "mdurl", "orjson", "pydantic", "pydantic-core", "PyYAML", "rfc8785")
"""Libraries that reading a record can depend on."""


def reader_digest(root: Path) -> Sha256 | None:
    """Return the SHA-256 of all that decides what a record is read into: code, tables, Python and libraries.

    None where that cannot be read, as something is being installed. The files are read from disk each time, as the
    crawl's process is about to: a schedule may have begun before an update. It covers more than the readers: after any
    change below `pipelines/` everything is read once more.
    """
    digest = hashlib.sha256()
    try:
        for path in files_of(root):
            body = path.read_bytes()
            digest.update(f"{path.relative_to(root)}\0{len(body)}\0".encode() + body)
        versions = [f"{name} {metadata.version(name)}" for name in READ_WITH]
    except (OSError, metadata.PackageNotFoundError):
        return None
    digest.update("\n".join((platform.python_version(), *versions)).encode())
    return digest.hexdigest()


def files_of(root: Path) -> list[Path]:
    """Return the files of code and tables; an editor's links to nowhere are none."""
    found = chain.from_iterable((root / room).rglob(f"*.{kind}") for room in ROOMS for kind in ("py", "toml"))
    return sorted(path for path in found if path.is_file())


def library_folders() -> set[Path]:
    """Return the folders that these libraries are installed in; none of a library that is not."""
    found = set()
    for name in READ_WITH:
        with suppress(metadata.PackageNotFoundError):
            found.add(Path(str(metadata.distribution(name).locate_file(""))))
    return found
