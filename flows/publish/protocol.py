"""The publication protocol: everything immutable first, then the pointer by compare-and-swap, then the copies.

objects → sources → rules → report → revocations → shards, log → search → snapshot → barrier → pointer → delta → log →
copies → site → pages → page list → applied. If a run is killed before the pointer moved, none of its files is served,
and the next run writes its own beside them; if later, the next run rolls copies and pages forward. Readers that start
at the pointer see one complete generation at any time.

A store with conditional creation but no conditional swap commits by the snapshot instead: whoever creates the next
snapshot has published, and the pointer is put afterwards, as a hint of where readers start.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from flows.progress import LOG
from flows.publish.continuity import ensure_newest
from flows.publish.copies import roll_forward
from flows.publish.immutable_files import Immutables
from flows.publish.pointer import POINTER_LIFE, is_collecting, move_pointer, wait_for_collection
from flows.publish.publication import Publication, PublicationError, Publisher, Step, reported
from flows.registry.publish_time import time_to_publish
from flows.registry.reader import Reader, read_served
from flows.registry.signed_files import seal
from flows.store.keys import checked_site_key
from flows.store.probe import probe
from pipelines.registry.layout import APPLIED_KEY
from schemas.registry import Commit, Pointer
from schemas.run import Published
from schemas.seen import Seen
from schemas.times import timestamp

_ATTEMPTS = 32
"""Tries of a publication; each failure means that another publisher moved the pointer, or an unclear response.

One of the competing publishers always succeeds, so failures are bounded by how often the others publish: with four
publishing at once, one failed 8 times.
"""

Rebase = Callable[[Reader | None], Publication]
"""From a reader of what is served now to the publication, merged again on top of that."""


def publish(
    publisher: Publisher, publication: Publication, *, base: Reader | None, rebase: Rebase, new_store: bool = False
) -> Published:
    """Make the publication the generation that is served, holding the store's lock.

    `base` is what its rows were merged against (`read_served`), None for an empty store; when another publisher was
    faster, `rebase` merges again. With `new_store`, a store that lost its pointer begins a new history.

    Raises PublicationError, HistoryError, ClockBehindError, SeenError, StoreUnavailableError, TamperedError, and
    StoreUnfitError when a store that nothing was published to yet fails the probe.
    """
    store, keys, clock, on_step = publisher.store, publisher.keys, publisher.clock, publisher.on_step
    protocol = _Protocol(publisher)
    if publisher.mark:
        publisher.mark.memory.ensure_writable()
    _ensure_rooted(publisher, base)
    on_step(Step.LOCK, 0, 1)
    with store.lock():
        on_step(Step.LOCK, 1, 1)
        commit: Commit = "swap"
        if base is None:
            with reported(on_step, Step.PROBE):
                commit = probe(store, nonce=publisher.nonce)
        for _ in range(_ATTEMPTS):
            if base and is_collecting(base.pointer, clock()):
                base = wait_for_collection(store, keys, clock)
                publication = rebase(base)
            if base is None and new_store:
                store.delete(APPLIED_KEY)  # of the lost history; without it all copies are compared
            else:
                ensure_newest(store, base, keys, publisher.mark)
            generation = protocol.attempt(publication, base, base.pointer.commit if base else commit)
            if generation is not None:
                return protocol.finish(publication, generation)
            base = read_served(store, keys, clock())
            _ensure_rooted(publisher, base)
            LOG.warning("%s: another run published meanwhile: building again on its generation", store.name)
            publication = rebase(base)
    raise PublicationError(f"{store.name}: another publisher was faster {_ATTEMPTS} times in a row: run again later")


def _ensure_rooted(publisher: Publisher, base: Reader | None) -> None:
    """Raise PublicationError where the served generation was made under a newer root than the publisher knows."""
    there, known = base.snapshot.root if base else None, publisher.chain.ref if publisher.chain else None
    if there and (known is None or known.version < there.version):
        remedy = "set PASSPORTS_ROOT to its thumbprint or file" if known is None else "run again"
        reason = f"has the root of trust {there.thumbprint}, version {there.version}"
        raise PublicationError(f"{publisher.store.name} {reason}, which this run does not know: {remedy}")


@dataclass(frozen=True)
class _Protocol:
    publisher: Publisher
    written: Counter[Step] = field(default_factory=Counter)

    def attempt(self, publication: Publication, base: Reader | None, commit: Commit) -> int | None:
        """Try to publish once; returns the generation that is now served, None when another publisher was faster."""
        publisher = self.publisher
        for key in publication.rendering.site:
            checked_site_key(key)
        now = time_to_publish(base, publisher.clock(), publisher.confirm)
        last = publisher.mark.recall() if publisher.mark else None
        after = last.generation if last else 0
        made = Immutables(publisher, publication, base, commit, now, self.written, after).write()
        if made is None:
            return None
        with reported(publisher.on_step, Step.BARRIER):
            publisher.store.barrier()
        pointer = Pointer(
            generation=made.generation,
            snapshot_sha256=made.sha256,
            commit=commit,
            nonce=publisher.nonce,
            issued_at=timestamp(now),
            expires_at=timestamp(now + POINTER_LIFE),
            kept_from=base.pointer.kept_from if base else 1,
        )
        with reported(publisher.on_step, Step.POINTER):
            body = seal(pointer, publisher.signer)
            moved = move_pointer(publisher.store, body, base.token if base else None, commit)
        for event in made.events if moved else ():
            LOG.info("%s: %s", publisher.store.name, event)
        if moved and publisher.mark:
            publisher.mark.raise_to(Seen(generation=pointer.generation, snapshot_sha256=pointer.snapshot_sha256))
        return pointer.generation if moved else None

    def finish(self, publication: Publication, generation: int) -> Published:
        """Roll the copies forward, unless a newer generation is served, whose publisher does; returns the result."""
        publisher = self.publisher
        reader = Reader(publisher.store, publisher.keys, publisher.clock())
        if reader.generation == generation:
            objects, on_step = publication.objects, publisher.on_step
            self.written.update(roll_forward(reader, publication.rendering, objects=objects, on_step=on_step))
        publisher.on_step(Step.DONE, 1, 1)
        return Published(generation, {str(step): n for step, n in self.written.items() if n})
