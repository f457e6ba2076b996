"""Brings the copies for readers (api/v1/passport/…, pages, site files) up to the generation that is served.

Each write is a compare-and-swap against the version read before a check that the pointer has not moved. So a publisher
that was overtaken cannot replace a new passport with an old one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType

from flows.publish.log_files import pending_log
from flows.publish.pending_writes import PendingWrite, PendingWrites, changed
from flows.publish.publication import Body, Copies, Progress, Publisher, RenderCopies, Rendering, Step, reported, silent
from flows.registry.published import applied_generation
from flows.registry.reader import Reader, read_served
from flows.store.base import ConflictError, Store, find
from flows.store.pool import each
from pipelines.registry.layout import APPLIED_KEY, log_key, log_pending_folder
from schemas.base import Sha256
from schemas.registry import Applied, ShardRow

_ATTEMPTS = 16
"""Tries of one write; each failure means that another publisher has just written the same key."""


class _OvertakenError(Exception):
    """Raised when a newer generation is served: its publisher rolls the copies forward."""

    def __init__(self, *, spoilt: bool = False) -> None:
        super().__init__()
        self.spoilt = spoilt
        """Whether an unconditional write of ours may have undone some of its copies."""


def repair(publisher: Publisher, rendering: Rendering) -> dict[str, int]:
    """Finish a publication that was killed after its pointer moved: roll the copies forward to what is served.

    Returns step → keys written, empty where nothing was left to do. Raises StoreError and TamperedError.
    """
    store = publisher.store
    with store.lock():
        reader = read_served(store, publisher.keys, publisher.clock())
        if reader is None or applied_generation(store) == reader.generation:
            return {}
        written = roll_forward(reader, rendering, on_step=publisher.on_step)
        return {str(step): n for step, n in written.items() if n}


def roll_forward(
    reader: Reader,
    rendering: Rendering,
    *,
    objects: Mapping[Sha256, bytes] = MappingProxyType({}),
    on_step: Progress = silent,
) -> Counter[Step]:
    """Write all copies that differ from the reader's generation, then record it in `registry/applied.json`.

    `objects` are passports that the caller has just written, to save reading them again. Stops without recording
    anything as soon as a newer generation is served. Returns step → keys written.
    """
    store, written = reader.store, Counter[Step]()
    pending = PendingWrites(reader, rendering.copies, objects, on_step)
    applied = Applied(generation=reader.generation).model_dump_json().encode()
    try:
        for step, drafts in (
            (Step.DELTA, pending.deltas()),
            (Step.LOG, _log(pending, rendering)),
            (Step.COPIES, pending.copies()),
            (Step.SITE, pending.files(rendering.site, Step.SITE)),
            *_pages(pending, rendering),
            (Step.APPLIED, pending.files({APPLIED_KEY: applied}, Step.APPLIED)),
        ):
            if step in (Step.PAGE_LIST, Step.APPLIED) and written:
                store.barrier()  # neither may outlive, in a loss of power, what it says is written
            for batch in drafts:
                written[step] += _write(reader, batch)
    except _OvertakenError as overtaken:
        if overtaken.spoilt:
            newest = Reader(store, reader.keys, reader.at)
            written += roll_forward(newest, rendering, objects=objects, on_step=on_step)
    return written


def finish_log(reader: Reader) -> None:
    """Write the log's files that a publication which was killed or overtaken has left to be written, if any."""
    with suppress(_OvertakenError):
        for batch in _log_files(reader):
            _write(reader, batch)


def _log_files(reader: Reader) -> Iterator[list[PendingWrite]]:
    """Yield writes of the log's files since what was rolled forward last."""
    applied = applied_generation(reader.store)
    least = reader.generation - 1 if applied is None else applied
    since = list(takewhile(lambda snapshot: snapshot.generation > least, reader.ancestry()))
    yield from pending_log(reader, reversed(since))


def _log(pending: PendingWrites, rendering: Rendering) -> Iterator[list[PendingWrite]]:
    """Yield writes of the log's files, then of its checkpoint; then empty the folder of the run."""
    reader = pending.reader
    with reported(pending.on_step, Step.LOG):
        yield from _log_files(reader)
        if rendering.checkpoint and (head := reader.snapshot.log):
            yield changed(reader.store, [(log_key("checkpoint"), rendering.checkpoint(head))])
        for key in list(reader.store.list(log_pending_folder(reader.snapshot.run))):
            reader.store.delete(key)


def write_ahead(store: Store, drafts: list[PendingWrite]) -> None:
    """Write files that only this publication writes, before its pointer moves."""
    for _ in each(partial(_put, store), drafts, workers=store.workers):
        pass


def _pages(pending: PendingWrites, rendering: Rendering) -> Iterator[tuple[Step, Iterator[list[PendingWrite]]]]:
    """Yield the steps that write the pages and then their list."""
    if rendering.pages:
        pages = rendering.pages(pending.reader, pending.object, applied_generation(pending.store) is None)
        yield Step.PAGES, pending.pages(pages)
        yield Step.PAGE_LIST, pending.page_list(pages)


def rewrite_files(reader: Reader, files: Mapping[str, Body]) -> None:
    """Write those files that differ from the stored ones, unless a newer generation is served."""
    for batch in PendingWrites(reader, lambda _, body, __: Copies(body)).files(files, Step.SITE):
        try:
            _write(reader, batch)
        except _OvertakenError:
            return


def rewrite(reader: Reader, rows: Iterable[ShardRow], copies: RenderCopies) -> list[str]:
    """Write those copies of some passports that differ from the reader's generation; returns their keys.

    Returns none where a newer generation is served, whose publisher writes the copies.
    """
    drafts = PendingWrites(reader, copies).passports(rows)
    try:
        _write(reader, drafts)
    except _OvertakenError:
        return []
    return [draft.key for draft in drafts]


def _write(reader: Reader, drafts: list[PendingWrite]) -> int:
    """Write a batch, unless the reader's generation was overtaken; returns how many keys were written.

    The batch was read before the pointer is checked here: that order makes its conditional writes safe. Deletions and
    uploads of files have no condition, nor have writes to some stores: after those the pointer is checked once more.
    """
    if not drafts:
        return 0
    _ensure_served(reader)
    store = reader.store
    written = sum(each(partial(_write_one, reader), drafts, workers=store.workers))
    unguarded = reader.pointer.commit == "create" or any(not isinstance(draft.body, bytes) for draft in drafts)
    if unguarded and reader.overtaken():
        store.delete(APPLIED_KEY)  # if this process is killed now, the next run compares every copy
        raise _OvertakenError(spoilt=True)
    return written


def _ensure_served(reader: Reader) -> None:
    if reader.overtaken():
        raise _OvertakenError


def _write_one(reader: Reader, draft: PendingWrite) -> int:
    store = reader.store
    for _ in range(_ATTEMPTS):
        if _took(store, draft, guarded=reader.pointer.commit == "swap"):
            return 1
        draft = draft._replace(before=find(store, draft.key))
        if draft.before and draft.before.body == draft.body:
            return 0
        _ensure_served(reader)
    raise ConflictError(f"{store.name}: another program changes {draft.key} again and again: stop it and run again")


def _put(store: Store, draft: PendingWrite) -> None:
    if isinstance(draft.body, Path):
        store.put_from(draft.key, draft.body)
    else:
        store.put(draft.key, draft.body or b"")


def _took(store: Store, draft: PendingWrite, *, guarded: bool) -> bool:
    if draft.body is None:
        store.delete(draft.key)
        return True
    if isinstance(draft.body, Path):
        store.put_from(draft.key, draft.body)
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
