"""The copies for readers (api/v1/passport/…, pages, site files): rolled forward to the generation that is served.

They follow the pointer. A write goes by compare-and-swap against a version that was read before the pointer was seen
to stand still, so a publisher that was overtaken cannot put an old passport over a new one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType

from flows.publish.pending_writes import (
    PendingWrite,
    applied_generation,
    drafts_of_copies,
    drafts_of_deltas,
    drafts_of_files,
    drafts_of_passports,
)
from flows.publish.publication import Progress, RenderCopies, Step, silent
from flows.registry.reader import Reader, read_served
from flows.store.base import ConflictError, Store, find
from flows.store.pool import each
from pipelines.registry.layout import APPLIED_KEY
from pipelines.signing.keys import KeyRing
from schemas.base import Sha256
from schemas.registry import Applied, ShardRow

_ATTEMPTS = 16
"""How often a write is tried; each failure means that another publisher just wrote this very key."""


class _OvertakenError(Exception):
    """A newer generation is served: its publisher rolls the copies forward."""

    def __init__(self, *, spoilt: bool = False) -> None:
        super().__init__()
        self.spoilt = spoilt
        """Whether we may have undone some of its copies, for want of a condition on our write."""


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


def roll_forward(
    store: Store,
    reader: Reader,
    *,
    copies: RenderCopies,
    site: Mapping[str, bytes],
    objects: Mapping[Sha256, bytes] = MappingProxyType({}),
    on_step: Progress = silent,
) -> Counter[Step]:
    """Write the copies that are not yet as the reader's generation has them, then say so in `registry/applied.json`.

    `objects` are passports that need not be read from the store again, as the caller has just written them. Stops, and
    says nothing there, as soon as a newer generation is served. Returns step → keys written.
    """
    written: Counter[Step] = Counter()
    applied = Applied(generation=reader.generation).model_dump_json().encode()
    try:
        for step, drafts in (
            (Step.DELTA, drafts_of_deltas(store, reader, on_step)),
            (Step.COPIES, drafts_of_copies(store, reader, copies, objects, on_step)),
            (Step.SITE, drafts_of_files(store, site, on_step, Step.SITE)),
            (Step.APPLIED, drafts_of_files(store, {APPLIED_KEY: applied}, on_step, Step.APPLIED)),
        ):
            if step is Step.APPLIED and written:
                store.barrier()  # after a loss of power, what is said to be applied is there
            for batch in drafts:
                written[step] += _write(store, reader, batch)
    except _OvertakenError as overtaken:
        if overtaken.spoilt:
            newest = Reader(store, reader.keys, reader.at)
            written += roll_forward(store, newest, copies=copies, site=site, objects=objects, on_step=on_step)
    return written


def rewrite(store: Store, reader: Reader, rows: Iterable[ShardRow], copies: RenderCopies) -> list[str]:
    """Write the copies of these passports that are not as the reader's generation has them; names their keys.

    Names and writes none where a newer generation is served: its publisher sees to them.
    """
    drafts = drafts_of_passports(store, reader, copies, rows)
    try:
        _write(store, reader, drafts)
    except _OvertakenError:
        return []
    return [draft.key for draft in drafts]


def _write(store: Store, reader: Reader, drafts: list[PendingWrite]) -> int:
    """Write a batch that was looked at before the pointer is looked at here: that order is the guard.

    A deletion has no condition, and in some stores a write has none: then we look once more afterwards.
    """
    if not drafts:
        return 0
    _ensure_served(reader)
    written = sum(each(partial(_write_one, store, reader), drafts, workers=store.workers))
    unguarded = reader.pointer.commit == "create" or any(draft.body is None for draft in drafts)
    if unguarded and reader.overtaken():
        store.delete(APPLIED_KEY)  # should we be killed now, the next run looks at every copy
        raise _OvertakenError(spoilt=True)
    return written


def _ensure_served(reader: Reader) -> None:
    if reader.overtaken():
        raise _OvertakenError


def _write_one(store: Store, reader: Reader, draft: PendingWrite) -> int:
    for _ in range(_ATTEMPTS):
        if _took(store, draft, guarded=reader.pointer.commit == "swap"):
            return 1
        draft = draft._replace(before=find(store, draft.key))
        if draft.before and draft.before.body == draft.body:
            return 0
        _ensure_served(reader)
    raise ConflictError(f"{store.name}: {draft.key} is written by something else all the time: stop it and run again")


def _took(store: Store, draft: PendingWrite, *, guarded: bool) -> bool:
    if draft.body is None:
        store.delete(draft.key)
        return True
    if draft.before is None:
        return store.create(draft.key, draft.body)
    if not guarded:
        store.put(draft.key, draft.body)
        return True
    try:
        store.swap(draft.key, draft.body, draft.before.token)
    except ConflictError:
        return False
    return True
