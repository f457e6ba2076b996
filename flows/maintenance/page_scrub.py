"""Compares pages with the signed list of them, and restores those that differ: rendered anew, or from another store."""

from collections.abc import Iterator

from flows.publish.copies import rewrite_files
from flows.publish.publication import Body, RenderPages
from flows.registry.listed_files import opened, sha256_of
from flows.registry.page_list import EarlierPages, FileEntry
from flows.registry.reader import Reader
from flows.store.base import Store


def listed_pages(reader: Reader) -> list[FileEntry]:
    """Return key and hash of each page of the generation, by key; none while its publisher still writes them."""
    earlier = EarlierPages.of(reader.store, reader.keys)
    if earlier.listed is None or earlier.listed.snapshot_sha256 != reader.snapshot_sha256:
        return []
    return sorted(earlier.files())


def restored(reader: Reader, spoilt: list[FileEntry], render: RenderPages | None, other: Store | None) -> set[str]:
    """Write again those pages whose right bytes can be had; returns their keys."""
    wanted, done = {page.key: page.sha256 for page in spoilt}, set[str]()
    for key, body in _candidates(reader, wanted, render, other):
        if key not in done and sha256_of(body) == wanted.get(key):
            rewrite_files(reader, {key: body})
            done.add(key)
    return done


def _candidates(
    reader: Reader, wanted: dict[str, str], render: RenderPages | None, other: Store | None
) -> Iterator[tuple[str, Body]]:
    for key in wanted if other else ():
        if other:
            with opened(other, key) as body:
                if body is not None:
                    yield key, body
    if render:
        pages = render(reader, reader.object, True)
        yield from ((key, body) for key, body in pages.changed() if body is not None and key in wanted)
