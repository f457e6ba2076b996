"""Sends large files of the store in pieces, whole or a range of them."""

import contextlib
import hashlib
import os
import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from flows.api.problems import RefusalError
from flows.config.scratch import ScratchFolder
from flows.store.base import MissingKeyError, Store, StoreError
from flows.store.local import LocalStore
from pipelines.registry.export_keys import BULK_KEYS, MOST_EXPORT_BYTES
from pipelines.registry.layout import SEARCH_INDEXES, headers

PIECE_BYTES = 2**18
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def is_large(key: str) -> bool:
    """Whether the file of a key may be large, so that it is not read into memory."""
    return key.startswith(f"{SEARCH_INDEXES}/") or key in BULK_KEYS


async def download(store: Store, key: str, asked: Mapping[str, str], *, head: bool = False) -> Response:
    """Return the response with a file, or the range of it that is asked for; raise RefusalError and StoreError.

    For `head` it has no body.
    """
    held = contextlib.ExitStack()
    try:
        file = await run_in_threadpool(_opened, held, store, key)
    except StoreError as error:
        held.close()
        if isinstance(error, MissingKeyError):
            raise RefusalError(HTTPStatus.NOT_FOUND, "nothing is stored at this address") from None
        raise
    size, served = file.seek(0, 2), headers(key)
    tag = f'"{await run_in_threadpool(_version, store, key, file)}"'
    sent = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": served.cache_control}
    sent["Content-Type"] = served.content_type
    if tag in asked.get("if-none-match", ""):
        held.close()
        return Response(None, HTTPStatus.NOT_MODIFIED, sent)
    found = _RANGE.fullmatch(asked.get("range", "")) if asked.get("if-range", tag) == tag else None
    first, last = _bounds(found, size)
    if found and first > last:
        held.close()
        raise RefusalError(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"the file has {size} bytes", Content_Range=f"bytes */{size}"
        )
    if found:
        sent["Content-Range"] = f"bytes {first}-{last}/{size}"
    sent["Content-Length"] = str(last - first + 1)
    status = HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK
    if head:
        held.close()
        return Response(None, status, sent)
    return StreamingResponse(_pieces(held, file, first, last), status, sent)


def _opened(held: contextlib.ExitStack, store: Store, key: str) -> BinaryIO:
    if isinstance(store, LocalStore):
        return held.enter_context(store.open(key))
    file = held.enter_context(ScratchFolder()).path / "file"
    store.save(key, file, max_bytes=MOST_EXPORT_BYTES)
    return held.enter_context(file.open("rb"))


def _version(store: Store, key: str, file: BinaryIO) -> str:
    """Return what differs with the content of a key: its hash, or in a directory the time and size of the file."""
    if key.startswith(f"{SEARCH_INDEXES}/"):
        return Path(key).stem
    if isinstance(store, LocalStore):
        found = os.fstat(file.fileno())
        return f"{found.st_mtime_ns:x}-{found.st_size:x}"
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def _bounds(found: re.Match[str] | None, size: int) -> tuple[int, int]:
    """Return the first and last byte to send; the first is after the last where there is no such range."""
    if found is None:
        return 0, size - 1
    begin, end = found.groups()
    if not begin:
        return (max(0, size - int(end)), size - 1) if end and int(end) else (1, 0)
    if int(begin) >= size:
        return 1, 0
    return int(begin), min(int(end), size - 1) if end else size - 1


async def _pieces(held: contextlib.ExitStack, file: BinaryIO, first: int, last: int) -> AsyncIterator[bytes]:
    with held:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (piece := await run_in_threadpool(file.read, min(PIECE_BYTES, left))):
            left -= len(piece)
            yield piece
