"""From what a person writes for a store to the store."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from flows.store.base import Store, StoreUnavailableError
from flows.store.local import LocalStore

REMOTE_SCHEMES = ("s3", "gs", "az", "https", "http", "memory")
"""What obstore opens for us; a web server can only be read from, and memory is gone with the process."""


def open_store(url: str) -> Store:
    """Open a path, a file:// address, s3://, gs://, az://, or https:// to read; raise StoreUnavailableError."""
    scheme, mark, _ = url.partition("://")
    if not mark:
        return LocalStore(Path(url).expanduser())
    if scheme == "file":
        return LocalStore(Path(unquote(urlsplit(url).path)))
    if scheme in REMOTE_SCHEMES:
        from flows.store.remote import ObjectStore  # noqa: PLC0415 - obstore takes a while to import: a directory needs none

        return ObjectStore.at(url)
    raise StoreUnavailableError(f"{scheme}:// is no store we know: give a directory, s3://, gs:// or az://")
