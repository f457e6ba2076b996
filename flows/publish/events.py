"""Collects what a generation does to keys and revocations, for whoever logs or shows it. No other module does."""

from collections.abc import Iterator

import orjson

from flows.registry.revocations import MAX_REVOCATIONS_BYTES
from flows.registry.signed_files import read_hashed
from flows.store.base import Store
from flows.trust.roots import roots_between
from pipelines.registry.layout import revocations_key
from pipelines.signing.events import revocation_events, root_events
from schemas.events import Event
from schemas.registry import Snapshot
from schemas.revocations import RevocationList, RevocationsRef
from schemas.root import RootRef


def events_of(
    store: Store, before: Snapshot | None, root: RootRef | None, revocations: RevocationsRef | None
) -> tuple[Event, ...]:
    """Return the events of a generation with this root and list of revocations, in order, given the one built on.

    Both are read from the store, which has them before the generation is published. What the log of the generation
    before does not state, as an older version published it, is stated too. Raises MissingKeyError and TamperedError.
    """
    return (*_of_root(store, before, root), *_of_revocations(store, before, revocations))


def _of_root(store: Store, before: Snapshot | None, root: RootRef | None) -> Iterator[Event]:
    last = before.root if before and before.root_logged else None
    if root and root != last:
        versions = roots_between(store, last, root)
        yield from root_events(versions[0], versions[1:]) if last else root_events(None, versions)


def _of_revocations(store: Store, before: Snapshot | None, ref: RevocationsRef | None) -> Iterator[Event]:
    last = before.revocations if before and before.revocations_logged else None
    if ref and ref != last:
        body = read_hashed(store, revocations_key(ref.sha256), ref.sha256, max_bytes=MAX_REVOCATIONS_BYTES)
        content = RevocationList.model_validate_json(orjson.dumps(orjson.loads(body)["signed"]))
        yield from revocation_events(ref, content, logged=last.number if last else 0)
