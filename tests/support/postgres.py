"""Runs a PostgreSQL server of the Debian package on loopback, as a user other than root."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.object_stores import ServerMissingError, free_ports, wait_until
from tests.support.prefect_server import beside

PACKAGED = Path("/usr/lib/postgresql")
OWNER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""
HASTY = ("-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "max_connections=60")


class Postgres(NamedTuple):
    """A running server with an empty database for Prefect."""

    version: int
    url: str


def installed() -> Path:
    """Return the folder of the newest installed version; raise ServerMissingError where there is none."""
    if shutil.which("setpriv") is None:
        raise ServerMissingError("setpriv is not installed: PostgreSQL cannot be run by another user")
    versions = [path for path in PACKAGED.glob("*") if (path / "bin/initdb").exists()]
    if not versions:
        raise ServerMissingError(f"no PostgreSQL in {PACKAGED}: apt-get install postgresql")
    return max(versions, key=lambda path: int(path.name))


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Run a server until the context ends; raise ServerMissingError where none is installed."""
    version = installed()
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory() as place:  # OWNER cannot enter pytest's folders
        if os.getuid() == 0:
            shutil.chown(place, OWNER)
        made = _tool(version, "initdb", f"--pgdata={place}/data", "--auth=trust", "--username=prefect", "--no-sync")
        subprocess.run(made, cwd=place, check=True, capture_output=True)
        command = _tool(
            version, "postgres", "-D", f"{place}/data", "-p", str(port), "-h", "127.0.0.1", "-k", place, *HASTY
        )
        asked = _tool(version, "pg_isready", "-h", "127.0.0.1", "-p", str(port))
        log = folder / "postgres.log"
        with beside(command, dict(os.environ), log) as process:
            wait_until(lambda: subprocess.run(asked, capture_output=True, check=False).returncode == 0, process, log)
            yield Postgres(int(version.name), f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres")


def _tool(version: Path, name: str, *arguments: str) -> tuple[str, ...]:
    return (*_as_owner(), str(version / "bin" / name), *arguments)


def _as_owner() -> tuple[str, ...]:
    if os.getuid() != 0:
        return ()
    return ("setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups")
