"""Compares pages with the signed list of them, and restores those that differ: rendered anew, or from another store."""

import hashlib
from collections.abc import Iterator

from flows.publish.copies import rewrite_files
from flows.publish.publication import RenderPages
from flows.registry.page_list import EarlierPages, FileEntry
from flows.registry.reader import Reader
from flows.store.base import Store, find
from flows.store.pool import each

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
    wanted = {page.key: page.sha256 for page in spoilt}
    bodies = {key: body for key, body in _candidates(reader, wanted, render, other) if _sha256(body) == wanted.get(key)}
    rewrite_files(reader, bodies)
    return set(bodies)


def _candidates(
    reader: Reader, wanted: dict[str, str], render: RenderPages | None, other: Store | None
) -> Iterator[tuple[str, bytes]]:
    for key in wanted if other else ():
        if other and (blob := find(other, key)):
            yield key, blob.body
    if render:
        for key, body in render(reader, reader.object, True).changed():
            if body is not None and key in wanted:
                yield key, body


def _has(store: Store, page: FileEntry) -> bool:
    blob = find(store, page.key)
    return blob is not None and _sha256(blob.body) == page.sha256


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
