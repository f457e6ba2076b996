"""A store in S3, Google Cloud Storage or Azure, through obstore."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import from_url

from flows.store import keys
from flows.store.base import (
    MAX_BLOB_BYTES,
    Blob,
    ConflictError,
    MissingKeyError,
    StoreError,
    StoreUnavailableError,
    StoreUnfitError,
    TooLargeError,
)
from pipelines.registry import layout

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import ObjectStore as Client
    from obstore.store import RetryConfig

_RETRIES: "RetryConfig" = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
"""About three seconds of waiting: a wrong address is reported soon, and the retries of flows bridge longer outages."""
_ATTEMPTS = 4
_PIECE_BYTES = 2**20
_PARTS_AT_ONCE = 2
_NO_BUCKET = "there is no such bucket: create it, or correct the address"
_CAUSES = {
    "NoSuchBucket": _NO_BUCKET,
    "ContainerNotFound": _NO_BUCKET,
    "BadScheme": "an http:// endpoint must be allowed: set AWS_ALLOW_HTTP=true (AZURE_…, GOOGLE_…)",
    "InvalidCertificate": "its certificate is not trusted: set SSL_CERT_FILE to the authority's certificate",
    "ConnectionRefused": "no server answers at this address: check the address, and that the server runs",
    "dns error": "there is no host with that name: correct the address",
    "TimedOut": "it did not answer in time: check the network, run again",
}
"""Word in obstore's message of an error → the remedy."""
_QUERY = re.compile(r"\?\S+")
_USERINFO = re.compile(r"//[^/@\s]*@")


class ObjectStore:
    """A store in a bucket or a folder of one. Tokens are the service's own versions: ETag or generation."""

    workers = 32
    """Requests in flight: a request waits mostly for its answer, so that a bucket 30 ms away takes 1,000 a second."""

    def __init__(self, client: "Client", name: str) -> None:
        self._client = client
        self._name = _USERINFO.sub("//", _QUERY.sub("", name))

    @classmethod
    def at(cls, url: str) -> "ObjectStore":
        """Open an address, with the credentials that obstore finds in the environment. Raises StoreUnavailableError."""
        with _explained(url, ""):
            return cls(_client(url), url)

    @property
    def name(self) -> str:
        """The address, without secrets."""
        return self._name

    def __repr__(self) -> str:
        return f"ObjectStore({self.name!r})"

    def get(self, key: str, *, max_bytes: int = MAX_BLOB_BYTES) -> Blob:
        """Return the content of a key, after checking its size; raise MissingKeyError or TooLargeError."""
        with _explained(self.name, key):
            found = obstore.get(self._client, keys.checked(key))
            if found.meta["size"] > max_bytes:
                raise self._too_large(key, max_bytes)
            return Blob(bytes(found.bytes()), _token(found.meta["e_tag"], found.meta["version"]))

    def save(self, key: str, path: Path, *, max_bytes: int) -> None:
        """Write the content of a key to a new file as it arrives; raise MissingKeyError or TooLargeError."""
        with _explained(self.name, key):
            found = obstore.get(self._client, keys.checked(key))
            if found.meta["size"] > max_bytes:
                raise self._too_large(key, max_bytes)
            with path.open("xb") as file:
                for piece in found.stream(min_chunk_size=_PIECE_BYTES):
                    file.write(piece)

    def exists(self, key: str) -> bool:
        """Whether an object is stored at the key."""
        try:
            with _explained(self.name, key):
                obstore.head(self._client, keys.checked(key))
        except MissingKeyError:
            return False
        return True

    def create(self, key: str, body: bytes) -> bool:
        """Write a key on the condition that it does not exist (`If-None-Match: *`); returns False where it does.

        A service may answer "conflict" to all racing writers, meaning "try again". So a conflict counts only if the key
        exists afterwards; otherwise the write is tried again.
        """
        for _ in range(_ATTEMPTS):
            try:
                self._put(key, body, "create")
            except ConflictError:
                if self.exists(key):
                    return False
                continue
            return True
        raise StoreUnavailableError(f"{self.name}: {key} could not be created although it does not exist: run again")

    def create_from(self, key: str, path: Path) -> bool:
        """Upload a file in parts; returns False where the key exists: not every service checks that as it writes."""
        if self.exists(key):
            return False
        self.put_from(key, path)
        return True

    def swap(self, key: str, body: bytes, expected: str) -> None:
        """Write a key if the expected version is stored (`If-Match`); raise ConflictError where it is not."""
        version = json.loads(expected)
        try:
            self._put(key, body, version)
        except ConflictError:
            bare = str(version.get("e_tag", "")).strip('"')
            if bare == version.get("e_tag", "") or not self._holds(key, expected):
                raise
            version["e_tag"] = bare
            self._put(key, body, version)  # Ceph's gateway compares ETags without their quotes

    def put(self, key: str, body: bytes) -> None:
        """Write a key, replacing what is stored there."""
        self._put(key, body, "overwrite")

    def put_from(self, key: str, path: Path) -> None:
        """Upload a file in parts, replacing what is stored there."""
        served = layout.headers(keys.checked(key))
        attributes = {"Content-Type": served.content_type, "Cache-Control": served.cache_control}
        with _explained(self.name, key):
            obstore.put(self._client, key, path, attributes=attributes, max_concurrency=_PARTS_AT_ONCE)

    def list(self, prefix: str = "") -> Iterator[str]:
        """Yield the keys below a folder, sorted."""
        with _explained(self.name, prefix):
            found = obstore.list(self._client, prefix=keys.checked(prefix) if prefix else None)
            names = sorted(entry["path"] for chunk in found for entry in chunk)
        yield from names

    def delete(self, key: str) -> None:
        """Remove an object; does nothing where there is none."""
        with contextlib.suppress(MissingKeyError), _explained(self.name, key):
            obstore.delete(self._client, keys.checked(key))

    def barrier(self) -> None:
        """Do nothing: these services answer a write when it is durable."""

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Lock nothing: `swap` decides between publishers."""
        return contextlib.nullcontext()

    def _too_large(self, key: str, max_bytes: int) -> TooLargeError:
        return TooLargeError(f"{self.name}: {key} is larger than {max_bytes} bytes: this is not a file that we wrote")

    def _holds(self, key: str, token: str) -> bool:
        try:
            return self.get(key).token == token
        except MissingKeyError:
            return False

    def _put(self, key: str, body: bytes, mode: "PutMode") -> None:
        served = layout.headers(keys.checked(key))
        attributes = {"Content-Type": served.content_type, "Cache-Control": served.cache_control}
        with _explained(self.name, key):
            try:
                obstore.put(self._client, key, body, attributes=attributes, mode=mode, use_multipart=False)
            except FileNotFoundError as error:
                if isinstance(mode, str):
                    raise StoreUnavailableError(f"{self.name}: {key}: {_NO_BUCKET}") from None
                raise ConflictError(f"{self.name}: {key} was removed meanwhile: run again") from error


def _client(url: str) -> "Client":
    return from_url(url) if url.startswith("memory:") else from_url(url, retry_config=_RETRIES)


def _token(e_tag: str | None, version: str | None) -> str:
    """Return a token of ETag and version, as given: S3 compares the ETag, Google Cloud Storage the generation."""
    return json.dumps({name: value for name, value in (("e_tag", e_tag), ("version", version)) if value is not None})


@contextlib.contextmanager
def _explained(store: str, key: str) -> Iterator[None]:
    """Turn the errors that obstore raises in the block into StoreErrors.

    Its messages are shortened and its tracebacks dropped, as they can hold a signed URL.
    """
    try:
        yield
    except FileNotFoundError as error:
        if any(word in str(error) for word in ("NoSuchBucket", "ContainerNotFound")):
            raise _translated(store, key, error) from None
        raise MissingKeyError(f"{store}: nothing is stored at {key}") from None
    except (BaseError, ValueError, OSError) as error:
        raise _translated(store, key, error) from None


def _translated(store: str, key: str, error: Exception) -> StoreError:
    place = f"{_USERINFO.sub('//', _QUERY.sub('', store))}: {key or 'the store'}"
    reason = _USERINFO.sub("//", _QUERY.sub("?…", str(error).partition("\n")[0]))
    if isinstance(error, AlreadyExistsError | PreconditionError):
        return ConflictError(f"{place} was changed by another publisher: read it again")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return StoreUnavailableError(
            f"{place}: access refused: check the credentials and the bucket's policy ({reason})"
        )
    if isinstance(error, NotSupportedError):
        return StoreUnfitError(
            f"{place}: not supported by this store: switch conditional writes on or use another ({reason})"
        )
    remedy = next((remedy for word, remedy in _CAUSES.items() if word in str(error)), None)
    return StoreUnavailableError(
        f"{place}: no usable answer: {remedy or 'check the address and the network, run again'} ({reason})"
    )
