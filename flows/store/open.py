"""Opens a store from the address that a user gives, and gives each address one canonical spelling."""

import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flows.store.base import Store, StoreAddressError
from flows.store.local import LocalStore

REMOTE_SCHEMES = ("s3", "gs", "az", "memory")
"""Schemes that obstore opens; "memory" ends with the process."""
PLACES = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT", "AZURE_STORAGE_ACCOUNT_NAME"),
}
"""Scheme → environment variables that name the service or account that a bucket belongs to."""
DEFAULT_PORTS = {"http": 80, "https": 443}


def open_store(url: str) -> Store:
    """Return the store at a path, file://, s3://, gs://, az://, or (to read) https://; raise StoreAddressError."""
    if (folder := _folder(url)) is not None:
        if os.path.exists(folder) and not os.path.isdir(folder):  # noqa: PTH110, PTH112 - Path's raise where permission is denied
            raise StoreAddressError(f"{folder} is a file, and a store is a folder: name the store's folder")
        return LocalStore(folder)
    scheme = _scheme(url)
    if scheme in DEFAULT_PORTS:
        from flows.store.web_server import WebStore  # noqa: PLC0415 - HTTP takes a while to import: a directory needs none

        return WebStore(url)
    if scheme in REMOTE_SCHEMES:
        if scheme in PLACES and not urlsplit(url).netloc:
            kind = f"{scheme}://"
            raise StoreAddressError(f"{url} names no bucket: write {kind}BUCKET or {kind}BUCKET/PREFIX")
        from flows.store.remote import ObjectStore  # noqa: PLC0415 - obstore likewise

        return ObjectStore.at(url)
    raise StoreAddressError(f"unknown kind of store {scheme}://: give a directory, s3://, gs:// or az://")


def canonical_store(url: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the canonical spelling of a store's address: locks, crawls to resume and memories are named by it.

    A directory becomes its absolute path without links ("./public" and "file:///srv/public" are "/srv/public"). Other
    addresses lose superfluous slashes and secrets, and a bucket is followed by its service where a variable sets one.
    """
    if (folder := _folder(url)) is not None:
        return str(folder.resolve())
    spelt, scheme = _address(url), _scheme(url)
    places = [environment[name] for name in PLACES.get(scheme, ()) if environment.get(name)]
    return " at ".join([spelt, *(_address(place) if "://" in place else place for place in places)])


def _folder(url: str) -> Path | None:
    """Return the directory that a path or a file:// address names; None for other addresses."""
    if "://" not in url:
        return Path(url).expanduser()
    return Path(unquote(urlsplit(url).path)) if _scheme(url) == "file" else None


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()


def _address(url: str) -> str:
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.netloc.rpartition("@")[2]
    if scheme in DEFAULT_PORTS:
        host = host.lower().removesuffix(f":{DEFAULT_PORTS[scheme]}")
    path = posixpath.normpath(f"/{parts.path.strip('/')}").rstrip("/")
    return f"{scheme}://{host}{path}"
