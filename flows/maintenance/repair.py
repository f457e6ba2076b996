"""Repairs a pointer that was lost or rolled back: moves it to the newest complete history that our key signed."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from flows.errors import FlowError
from flows.publish.continuity import ANEW, Signed, served_among, signed_snapshots
from flows.publish.copies import roll_forward
from flows.publish.pointer import POINTER_LIFE, is_collecting, move_pointer
from flows.publish.publication import PublicationError, Publisher, Rendering, Step, reported
from flows.registry.reader import Reader
from flows.registry.signed_files import (
    EmptyStoreError,
    RegistryError,
    TamperedError,
    read_head,
    read_pointer,
    read_shard,
    seal,
)
from flows.store.base import MissingKeyError, Store, TooLargeError, find
from flows.store.probe import probe
from flows.trust.seen import RememberedGeneration
from pipelines.registry import layout
from pipelines.signing.keys import KeyRing
from schemas.registry import Pointer, Snapshot
from schemas.seen import Seen
from schemas.times import instant, timestamp


class RecoveryError(FlowError):
    """No complete history exists to move the pointer to, or only one that would lose a later generation."""


class Recovered(NamedTuple):
    """The result of a repair: the generation served now, and what was written."""

    generation: int
    """The generation served now."""
    before: int | None
    """The generation of the pointer before; None where there was none that our key signed."""
    kept_from: int
    """The oldest generation that is complete."""
    written: dict[str, int]
    """Step → number of keys written."""


def recover(publisher: Publisher, rendering: Rendering) -> Recovered:
    """Serve the newest complete history that the signer's key signed, and write the deltas and copies that it lacks.

    The pointer is swapped for one to its last snapshot, unless it names that already. A generation that was served is
    never rolled back: raise RecoveryError where the last one served, or the one that `mark` remembers, is missing or
    incomplete. Raise PublicationError where somebody publishes meanwhile.
    """
    store, trusted, clock, mark = publisher.store, publisher.keys, publisher.clock, publisher.mark
    if mark:
        mark.memory.ensure_writable()
    with store.lock():
        there, ours = find(store, layout.POINTER_KEY), _our_pointer(store, trusted)
        if ours and is_collecting(ours, clock()):
            raise PublicationError(f"{store.name}: garbage is being collected: run again in a few minutes")
        signed = {one.snapshot.generation: one for one in signed_snapshots(store, trusted)}
        head = _newest(store, signed, _last_served(store, signed, ours, mark))
        kept_from = max(_whole_from(store, signed, head), ours.kept_from if ours else 1)
        if ours is None or _head_of(store, ours, trusted) != head.seen:
            at = max(clock(), instant(head.snapshot.created_at))
            pointer = Pointer(
                **head.seen.model_dump(),
                commit=ours.commit if ours else probe(store, nonce=publisher.nonce),
                nonce=publisher.nonce,
                issued_at=timestamp(at),
                expires_at=timestamp(at + POINTER_LIFE),
                kept_from=kept_from,
            )
            store.delete(layout.APPLIED_KEY)  # so that every copy is compared, whichever history wrote it
            store.barrier()
            with reported(publisher.on_step, Step.POINTER):
                body, token = seal(pointer, publisher.signer), there.token if there else None
                if not move_pointer(store, body, token, pointer.commit):
                    raise PublicationError(f"{store.name}: another publisher published meanwhile: run again")
        reader = Reader(store, trusted, clock())
        written = roll_forward(reader, rendering, on_step=publisher.on_step)
        if mark:
            mark.raise_to(head.seen)
    before = ours.generation if ours else None
    publisher.on_step(Step.DONE, 1, 1)
    return Recovered(head.seen.generation, before, kept_from, {str(step): n for step, n in written.items() if n})


def _our_pointer(store: Store, trusted: KeyRing) -> Pointer | None:
    try:
        return read_pointer(store, trusted)[0]
    except (EmptyStoreError, TamperedError, TooLargeError):
        return None


def _head_of(store: Store, pointer: Pointer, trusted: KeyRing) -> Seen:
    """Return the generation that a pointer serves: where creation commits, that may be newer than the one it names."""
    snapshot, sha256 = read_head(store, pointer, trusted)
    return Seen(generation=snapshot.generation, snapshot_sha256=sha256)


def _last_served(
    store: Store, signed: Mapping[int, Signed], ours: Pointer | None, mark: RememberedGeneration | None
) -> Signed | None:
    """Return the last generation known to have been served; raise RecoveryError where its snapshot is missing."""
    known = [one.seen for one in served_among(store, signed.values())]
    if ours:
        known.append(Seen(generation=ours.generation, snapshot_sha256=ours.snapshot_sha256))
    if mark and (remembered := mark.recall()):
        known.append(remembered)
    for last in sorted(known, key=lambda seen: seen.generation)[-1:]:
        if last.generation not in signed or signed[last.generation].seen != last:
            key = layout.snapshot_key(last.generation)
            reason = f"generation {last.generation} was published, but {key} is missing or is not its snapshot"
            raise RecoveryError(
                f"{store.name}: {reason}: restore it from a copy of the store, {_without(last, ours, mark)}"
            )
        return signed[last.generation]
    return None


def _without(last: Seen, ours: Pointer | None, mark: RememberedGeneration | None) -> str:
    """Return the remedy, for an error message, where a generation is lost for good."""
    if ours is None:
        return ANEW
    if mark and ours.generation < last.generation:
        return "or, if it is lost for good, run `passports store forget`"
    return "or publish to an empty store"


def _newest(store: Store, signed: Mapping[int, Signed], last: Signed | None) -> Signed:
    """Return the newest complete snapshot that is the last one served (`last`) or descends from it."""
    if not signed:
        raise RecoveryError(f"{store.name}: it has no snapshot that our key signed: run `passports refresh`")
    there, lacking = set(store.list("registry")), ""
    for one in sorted(signed.values(), key=lambda one: one.snapshot.generation, reverse=True):
        if last and last not in _history(signed, one):
            continue
        found = next(_lacking(store, one.snapshot, there), None)
        if found is None:
            return one
        lacking = f"generation {one.snapshot.generation} is incomplete: {found}"
    raise RecoveryError(f"{store.name}: {lacking}: restore it from a copy of the store, {ANEW}")


def _history(signed: Mapping[int, Signed], head: Signed) -> Iterator[Signed]:
    """Yield a snapshot and its ancestors, back to the first one or to the oldest one stored."""
    one: Signed | None = head
    while one is not None:
        yield one
        parent = signed.get(one.snapshot.parent or 0)
        one = parent if parent and parent.sha256 == one.snapshot.parent_sha256 else None


def _lacking(store: Store, snapshot: Snapshot, there: set[str]) -> Iterator[str]:
    """Yield a sentence for each file that a generation names and that is missing or not what was signed."""
    for ref in snapshot.shards:
        try:
            objects = [layout.object_key(row.object) for row in read_shard(store, ref).values()]
        except (RegistryError, MissingKeyError) as error:
            yield str(error)
        else:
            yield from (f"{key} is missing" for key in objects if key not in there)
    yield from (f"{key} is missing" for key in _files(snapshot) if key not in there)


def _files(snapshot: Snapshot) -> Iterator[str]:
    yield from (layout.source_key(ref.source, part.sha256) for ref in snapshot.sources for part in ref.parts)
    yield layout.rules_key(snapshot.rules_sha256)


def _whole_from(store: Store, signed: Mapping[int, Signed], head: Signed) -> int:
    """Return the oldest generation in the history of `head` whose shards, and those of all later ones, are stored."""
    there, oldest = set(store.list("registry/shards")), head
    for one in _history(signed, head):
        if any(layout.shard_key(ref.sha256) not in there for ref in one.snapshot.shards):
            break
        oldest = one
    return oldest.snapshot.generation
