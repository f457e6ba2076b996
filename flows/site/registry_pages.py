"""Renders the pages about the registry itself: its state and its changes, from snapshots, deltas and run reports."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import orjson
from pydantic import ValidationError

from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError
from flows.store.base import MissingKeyError, Store, StoreError, find
from pipelines.exports.feeds import changes_feed
from pipelines.pages.addresses import CHANGES_KEY
from pipelines.pages.registry.changes import change_of, changes_files, generation_of, picked
from pipelines.pages.registry.status import MOST_BARS, Figures, status_page
from pipelines.pages.site import Site
from pipelines.registry.export_keys import CHANGES_FEED_KEY
from schemas.registry import DeltaLine, Snapshot
from schemas.run import RunReport

_MOST_RUNS = 20
_MOST_GENERATIONS = 60
_MAX_REPORT_BYTES = 64 * 2**20
_MAX_CHANGES_BYTES = 64 * 2**20
Load = Callable[[str], bytes]


def registry_pages(
    site: Site, reader: Reader, figures: Figures, load: Load, listed: dict[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of the pages; `listed` has the hashes of the files that an earlier publication wrote."""
    history = list(islice(reader.ancestry(), max(MOST_BARS, _MOST_GENERATIONS)))
    yield "status", status_page(site, reader.snapshot, history[::-1], _runs(reader.store), figures)
    known = _known(reader.store, listed)
    generations = [
        known.get(snapshot.generation) or _generation(reader, snapshot, load)
        for snapshot in history[:_MOST_GENERATIONS]
    ]
    found = [one for one in generations if one]
    yield from changes_files(site, found).items()
    yield CHANGES_FEED_KEY, changes_feed(site, found)


def _runs(store: Store) -> Iterator[tuple[str, RunReport]]:
    """Yield the reports of the newest runs, newest first; unreadable ones are left out."""
    for key in sorted(store.list("registry/runs"), reverse=True)[:_MOST_RUNS]:
        try:
            yield key, RunReport.model_validate_json(store.get(key, max_bytes=_MAX_REPORT_BYTES).body)
        except (StoreError, ValidationError):
            continue


def _known(store: Store, listed: dict[str, str]) -> dict[int, dict[str, Any]]:
    """Return what an earlier publication found of each generation, where its file is as it was signed."""
    blob = find(store, CHANGES_KEY, max_bytes=_MAX_CHANGES_BYTES) if CHANGES_KEY in listed else None
    if blob is None or hashlib.sha256(blob.body).hexdigest() != listed[CHANGES_KEY]:
        return {}
    return {one["generation"]: one for one in orjson.loads(blob.body)["generations"]}


def _generation(reader: Reader, snapshot: Snapshot, load: Load) -> dict[str, Any] | None:
    """Return what a generation changed; None where its delta is not stored."""
    try:
        found = picked(reader.delta(snapshot))
    except (MissingKeyError, RegistryError):
        return None
    changes = [_change(one, load) for one in found.lines]
    return generation_of(snapshot.generation, snapshot.created_at, found.counts, changes)


def _change(one: DeltaLine, load: Load) -> dict[str, Any]:
    if one.change != "changed" or one.before is None or one.object is None:
        return change_of(one, None, None)
    try:
        before, after = (orjson.loads(load(sha256)) for sha256 in (one.before, one.object))
    except (MissingKeyError, RegistryError):
        return change_of(one, None, None)
    return change_of(one, before, after)
