"""Compares pages with the signed list of them, and restores those that differ: rendered anew, or from another store."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flows.config.scratch import ScratchFolder
from flows.publish.copies import rewrite_files
from flows.publish.publication import Body, RenderPages
from flows.registry.page_list import EarlierPages, FileEntry
from flows.registry.reader import Reader
from flows.store.base import MissingKeyError, Store, find
from flows.store.pool import each
from pipelines.registry.export_keys import BULK_KEYS

REMEDY = "publish again, or repair it from another store with `passports store scrub --copy URL`"


def listed_pages(reader: Reader) -> list[FileEntry]:
    """Return key and hash of each page of the generation, by key; none while its publisher still writes them."""
    earlier = EarlierPages.of(reader.store, reader.keys)
    if earlier.listed is None or earlier.listed.snapshot_sha256 != reader.snapshot_sha256:
        return []
    return sorted(earlier.files())


def differing(store: Store, pages: list[FileEntry]) -> list[FileEntry]:
    """Return those pages that are missing or are not what the list names."""
    found = each(lambda page: (page, _has(store, page)), pages, workers=store.workers)
    return [page for page, right in found if not right]


def restored(reader: Reader, spoilt: list[FileEntry], render: RenderPages | None, other: Store | None) -> set[str]:
    """Write again those pages whose right bytes can be had; returns their keys."""
    wanted, done = {page.key: page.sha256 for page in spoilt}, set[str]()
    for key, body in _candidates(reader, wanted, render, other):
        if key not in done and _sha256(body) == wanted.get(key):
            rewrite_files(reader, {key: body})
            done.add(key)
    return done


def _candidates(
    reader: Reader, wanted: dict[str, str], render: RenderPages | None, other: Store | None
) -> Iterator[tuple[str, Body]]:
    for key in wanted if other else ():
        if other:
            with _opened(other, key) as body:
                if body is not None:
                    yield key, body
    if render:
        pages = render(reader, reader.object, True)
        yield from ((key, body) for key, body in pages.changed() if body is not None and key in wanted)


def _has(store: Store, page: FileEntry) -> bool:
    with _opened(store, page.key) as body:
        return body is not None and _sha256(body) == page.sha256


@contextmanager
def _opened(store: Store, key: str) -> Iterator[Body | None]:
    """Give the content of a key, of a large one a local copy; None where there is none."""
    if key not in BULK_KEYS:
        blob = find(store, key)
        yield blob.body if blob else None
        return
    with ScratchFolder() as folder:
        path = folder.path / "file"
        try:
            store.save(key, path, max_bytes=sys.maxsize)
        except MissingKeyError:
            yield None
        else:
            yield path


def _sha256(body: Body) -> str:
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
