"""Brings another store to the generation that a store serves: copies the files that it lacks, verifying each."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

from flows.config.clock import clock_of, source_date_epoch
from flows.config.settings import Settings
from flows.errors import SettingsError
from flows.maintenance.log_copy import copy_log
from flows.publish.continuity import served_among, signed_snapshots
from flows.publish.copies import roll_forward
from flows.publish.pointer import is_collecting, move_pointer
from flows.publish.publication import Progress, PublicationError, Rendering, Step, reported, silent, tell_step
from flows.registry.reachable import FileRef, copy_genuine, reachable
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import MAX_POINTER_BYTES
from flows.site.copied_pages import copied_from
from flows.site.rendering import copies_for, stored_brief
from flows.store.base import Store, TooLargeError, find
from flows.store.open import canonical_store, open_store
from flows.store.pool import each
from flows.store.probe import probe
from flows.trust.trusted_keys import trusted_reader
from pipelines.passport.links import Issuer
from pipelines.registry import layout
from pipelines.registry.layout import JWKS_KEY, LLMS_KEY, PUBLIC_KEY_KEY, SCHEMA_KEY
from pipelines.signing.roots import MAX_ROOT_BYTES, RootError, trusted_root

UNSIGNED = ("registry/runs", "registry/root")
"""Folders of immutable files whose hashes are signed nowhere. Reports are copied unverified, and of roots those that
are signed by their own keys."""


class Replicated(NamedTuple):
    """The generation that the other store serves now, and what was copied and written."""

    generation: int
    copied: int
    """Number of immutable files that the other store lacked."""
    written: dict[str, int]
    """Step → number of copies for readers written."""


def replicate(
    source: Reader, target: Store, rendering: Rendering, *, nonce: str, on_step: Progress = silent
) -> Replicated:
    """Publish in `target` the generation of `source`, with its stored history; signed already, it needs no key.

    Raise PublicationError where the target serves something that the origin never did, StoreUnfitError for an unfit
    target, TamperedError and MissingKeyError where the origin is damaged. The target's pointer then stays as it was.
    """
    origin, trusted, at = source.store, source.keys, source.at
    with target.lock():
        base = read_served(target, trusted, at)
        _ensure_ancestor(source, base, target, at)
        if base is None and probe(target, nonce=nonce) != source.pointer.commit:
            raise PublicationError(
                f"{target.name}: it commits in another way than {origin.name}: publish to it by `passports refresh`"
            )
        copied = _copy(source, target, on_step) + copy_log(source, target, base)
        with reported(on_step, Step.BARRIER):
            target.barrier()
        pointer = origin.get(layout.POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
        if pointer.token != source.token:
            raise PublicationError(f"{origin.name}: a newer generation was published meanwhile: run again")
        with reported(on_step, Step.POINTER):
            if not (base and base.pointer == source.pointer) and not move_pointer(
                target, pointer.body, base.token if base else None, source.pointer.commit
            ):
                raise PublicationError(f"{target.name}: another publisher published there meanwhile: run again")
        served = Reader(target, trusted, at)
        written = roll_forward(served, rendering, on_step=on_step)
    on_step(Step.DONE, 1, 1)
    return Replicated(served.generation, copied, {str(step): n for step, n in written.items() if n})


def _ensure_ancestor(source: Reader, base: Reader | None, target: Store, at: datetime) -> None:
    """Raise PublicationError unless `source` descends from what the target serves, or served when it had a pointer."""
    if is_collecting(source.pointer, at):
        raise PublicationError(f"garbage is being collected from {source}: run again in a few minutes")
    hashes = {source.generation: source.snapshot_sha256}
    hashes |= {s.parent: s.parent_sha256 for s in source.ancestry() if s.parent is not None and s.parent_sha256}
    if base is None:
        for one in served_among(target, signed_snapshots(target, source.keys)):
            if hashes.get(one.snapshot.generation) != one.sha256:
                reason = f"generation {one.snapshot.generation} was published to it and is not an ancestor of {source}"
                raise PublicationError(f"{target.name} has lost its pointer: {reason}: choose an empty store")
    elif hashes.get(base.generation) != base.snapshot_sha256:
        raise PublicationError(f"{target.name}: {base} is not an ancestor of {source}: choose an empty store")


def _copy(source: Reader, target: Store, on_step: Progress) -> int:
    lacking = list(_lacking(source, target))
    on_step(Step.OBJECTS, 0, len(lacking))
    new = 0
    made = each(partial(_copy_one, source, target), lacking, workers=target.workers)
    for done, created in enumerate(made, start=1):
        new += created
        on_step(Step.OBJECTS, done, len(lacking))
    return new


def _lacking(source: Reader, target: Store) -> Iterator[FileRef]:
    """Yield each file that the target lacks, without deltas that a killed publisher has not written to the origin."""
    origin = source.store
    there, deltas = set(target.list("registry")), set(origin.list(layout.DELTAS))
    unsigned = (FileRef(key, None) for folder in UNSIGNED for key in origin.list(folder))
    for item in chain(unsigned, reachable(source, source.pointer.kept_from)):
        if item.key not in there and (item.key in deltas or not item.key.startswith(layout.DELTAS)):
            there.add(item.key)
            yield item


def _copy_one(source: Reader, target: Store, item: FileRef) -> bool:
    if item.key.startswith("registry/root/"):
        try:
            body = source.store.get(item.key, max_bytes=MAX_ROOT_BYTES).body
            trusted_root(body)
        except (RootError, TooLargeError):
            return False  # of somebody else: no reader would follow it
        return target.create(item.key, body)
    return copy_genuine(source.store, target, item, source.keys, source.at)


def mirror(settings: Settings, to: str) -> Replicated:
    """Bring the store at `to` to the generation that the settings' store serves.

    Raise SettingsError where both are the same store, and as `replicate` does.
    """
    if canonical_store(settings.store) == canonical_store(to):
        raise SettingsError(f"--to: {to} is the store itself: name another one")
    origin, target = open_store(settings.store), open_store(to)
    source = trusted_reader(settings, origin, clock_of(source_date_epoch())())
    copies = copies_for(Issuer(settings.issuer, settings.base_url), partial(stored_brief, origin))
    rendering = Rendering(copies, _site_files(origin), pages=copied_from(origin))
    return replicate(source, target, rendering, nonce=secrets.token_hex(16), on_step=tell_step)


def _site_files(origin: Store) -> dict[str, bytes]:
    """Return the schema, the public keys, llms.txt and the log's checkpoint that the origin serves, by key."""
    beside = (SCHEMA_KEY, JWKS_KEY, PUBLIC_KEY_KEY, LLMS_KEY, layout.log_key("checkpoint"))
    found = {key: find(origin, key) for key in beside}
    return {key: blob.body for key, blob in found.items() if blob}
