"""The copies for readers (api/v1/passport/…, pages, site files): rolled forward to the generation that is served.

They follow the pointer. A write goes by compare-and-swap against a version that was read before the pointer was seen
to stand still, so a publisher that was overtaken cannot put an old passport over a new one. Which copies are due is
read off the snapshots since `registry/applied.json`; without that file all are, and what is right already stays.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from pydantic import ValidationError

from flows.publication import Progress, RenderCopies, Step, reported, silent
from flows.reader import Reader, read_served
from flows.sealed import MAX_POINTER_BYTES, RegistryError
from flows.store.base import Blob, ConflictError, MissingKeyError, Store, find
from flows.store.keys import APPLIED_KEY, POINTER_KEY, page_key, passport_copy_key
from flows.store.pool import batches, each
from pipelines.signing import KeyRing
from schemas.registry import Applied

_BATCH_SLUGS = 256
"""How many passports' copies go by one look at the pointer, and are in memory at once."""
_ATTEMPTS = 16
"""How often a write is tried; each failure means that another publisher just wrote this very key."""


class _OvertakenError(Exception):
    """A newer generation is served: its publisher rolls the copies forward."""


class _Draft(NamedTuple):
    """What a key should hold (None: nothing), and what it held when we looked."""

    key: str
    body: bytes | None
    before: Blob | None


def repair(
    store: Store,
    *,
    keys: KeyRing,
    at: datetime,
    copies: RenderCopies,
    site: Mapping[str, bytes],
    on_step: Progress = silent,
) -> dict[str, int]:
    """Finish what a killed publication left undone: bring the copies up to the generation that is served.

    Returns step → keys written; nothing where nothing was left. Raises StoreError and TamperedError.
    """
    with store.lock():
        reader = read_served(store, keys, at)
        if reader is None or applied_generation(store) == reader.generation:
            return {}
        written = roll_forward(store, reader, copies=copies, site=site, on_step=on_step)
        return {str(step): n for step, n in written.items() if n}


def applied_generation(store: Store) -> int | None:
    """Tell up to which generation the copies are rolled forward; None where nobody knows."""
    blob = find(store, APPLIED_KEY, max_bytes=MAX_POINTER_BYTES)
    try:
        return Applied.model_validate_json(blob.body).generation if blob else None
    except ValidationError:
        return None


def roll_forward(
    store: Store,
    reader: Reader,
    *,
    copies: RenderCopies,
    site: Mapping[str, bytes],
    on_step: Progress = silent,
) -> Counter[Step]:
    """Write the copies that are not yet as the reader's generation has them, then say so in `registry/applied.json`.

    Stops, and says nothing there, as soon as a newer generation is served. Returns step → keys written.
    """
    written: Counter[Step] = Counter()
    applied = Applied(generation=reader.generation).model_dump_json().encode()
    try:
        for step, drafts in (
            (Step.COPIES, _drafts_of_copies(store, reader, copies, on_step)),
            (Step.SITE, _drafts_of_files(store, site, on_step, Step.SITE)),
            (Step.APPLIED, _drafts_of_files(store, {APPLIED_KEY: applied}, on_step, Step.APPLIED)),
        ):
            if step is Step.APPLIED and written:
                store.barrier()  # after a loss of power, what is said to be applied is there
            for batch in drafts:
                written[step] += _write(store, reader, batch)
    except _OvertakenError:
        pass
    return written


def due(reader: Reader, applied: int | None) -> dict[str, str | None]:
    """Name the passports whose copies may be outdated: slug → object, None where it is served no more.

    Every generation since the applied one is looked at, as each may have written copies; all passports are named when
    the way back to it is not known.
    """
    served = {row.slug: row.object for row in reader.rows()}
    touched: set[str] = set()
    later, snapshot = served, reader.snapshot
    while snapshot.generation != applied:
        if applied is None or snapshot.parent is None or snapshot.parent < applied:
            return dict(served)
        try:
            snapshot = reader.parent(snapshot.parent)
            earlier = {row.slug: row.object for row in reader.rows(snapshot)}
        except (RegistryError, MissingKeyError):
            return dict(served)
        touched |= {slug for slug, _ in later.items() ^ earlier.items()}
        later = earlier
    return {slug: served.get(slug) for slug in sorted(touched)}


def _drafts_of_copies(store: Store, reader: Reader, copies: RenderCopies, on_step: Progress) -> Iterator[list[_Draft]]:
    outdated = due(reader, applied_generation(store))
    on_step(Step.COPIES, 0, len(outdated))
    done = 0
    for batch in batches(outdated.items(), _BATCH_SLUGS):
        bodies = each(lambda item: _copies_of(reader, copies, *item), batch, workers=store.workers)
        yield _changed(store, (copy for pair in bodies for copy in pair))
        done += len(batch)
        on_step(Step.COPIES, done, len(outdated))


def _copies_of(
    reader: Reader, copies: RenderCopies, slug: str, sha256: str | None
) -> tuple[tuple[str, bytes | None], ...]:
    if sha256 is None:
        return ((passport_copy_key(slug), None), (page_key(slug), None))
    rendered = copies(slug, reader.object(sha256))
    page = ((page_key(slug), rendered.page),) if rendered.page is not None else ()
    return ((passport_copy_key(slug), rendered.passport), *page)


def _drafts_of_files(store: Store, files: Mapping[str, bytes], on_step: Progress, step: Step) -> Iterator[list[_Draft]]:
    with reported(on_step, step, len(files)):
        yield _changed(store, files.items())


def _changed(store: Store, wanted: Iterable[tuple[str, bytes | None]]) -> list[_Draft]:
    """Look at what lies there now; what is right already needs no write."""
    looked = each(lambda item: _Draft(*item, find(store, item[0])), wanted, workers=store.workers)
    return [draft for draft in looked if draft.body != (draft.before and draft.before.body)]


def _write(store: Store, reader: Reader, drafts: list[_Draft]) -> int:
    """Write a batch that was looked at before the pointer is looked at here: that order is the guard."""
    if drafts:
        _ensure_served(store, reader)
    return sum(each(partial(_write_one, store, reader), drafts, workers=store.workers))


def _ensure_served(store: Store, reader: Reader) -> None:
    if store.get(POINTER_KEY, max_bytes=MAX_POINTER_BYTES).token != reader.token:
        raise _OvertakenError


def _write_one(store: Store, reader: Reader, draft: _Draft) -> int:
    for _ in range(_ATTEMPTS):
        if _took(store, draft):
            return 1
        draft = draft._replace(before=find(store, draft.key))
        _ensure_served(store, reader)
    raise ConflictError(f"{store.name}: {draft.key} is written by something else all the time: stop it and run again")


def _took(store: Store, draft: _Draft) -> bool:
    if draft.body is None:
        store.delete(draft.key)
        return True
    if draft.before is None:
        return store.create(draft.key, draft.body)
    try:
        store.swap(draft.key, draft.body, draft.before.token)
    except ConflictError:
        return False
    return True
