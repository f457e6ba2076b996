"""The publication protocol: everything immutable first, then the pointer by compare-and-swap, then the copies.

objects → sources → rules → report → shards → snapshot → barrier → pointer → delta → copies → site → applied. If a run
is killed before the pointer moved, none of its files is served, and the next run writes its own beside them; if later,
the next run rolls the copies forward. Readers that start at the pointer see one complete generation at any time.

A store with conditional creation but no conditional swap commits by the snapshot instead: whoever creates the next
snapshot has published, and the pointer is put afterwards, as a hint of where readers start.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from flows.progress import LOG
from flows.publish.continuity import ensure_newest
from flows.publish.copies import roll_forward
from flows.publish.immutable_files import Immutables
from flows.publish.pointer import POINTER_LIFE, is_collecting, move_pointer, wait_for_collection
from flows.publish.publication import Progress, Publication, PublicationError, Step, reported, silent
from flows.registry.publish_time import Confirm, time_to_publish, unconfirmed
from flows.registry.reader import Reader, read_served
from flows.registry.seen import RememberedGeneration, Seen
from flows.registry.signed_files import seal
from flows.store.base import Store
from flows.store.keys import checked_site_key
from flows.store.probe import probe
from pipelines.registry.layout import APPLIED_KEY
from pipelines.signing.keys import KeyRing, Signer
from schemas.registry import Commit, Pointer
from schemas.run import Published
from schemas.times import timestamp

_ATTEMPTS = 32
"""Tries of a publication; each failure means that another publisher moved the pointer, or an unclear response.

One of the competing publishers always succeeds, so failures are bounded by how often the others publish: with four
publishing at once, one failed 8 times.
"""

Rebase = Callable[[Reader | None], Publication]
"""From a reader of what is served now to the publication, merged again on top of that."""


def publish(
    store: Store,
    publication: Publication,
    *,
    base: Reader | None,
    rebase: Rebase,
    signer: Signer,
    keys: KeyRing,
    clock: Callable[[], datetime],
    nonce: str,
    mark: RememberedGeneration | None = None,
    new_store: bool = False,
    confirm: Confirm = unconfirmed,
    on_step: Progress = silent,
) -> Published:
    """Make the publication the generation that is served, holding the store's lock.

    `base` is what its rows were merged against (`read_served`), None for an empty store; when another publisher was
    faster, `rebase` merges again. `keys` trusts the signer. `nonce` is unique to each publication. `mark` records the
    highest generation published from this machine; None where that is not remembered. With `new_store`, a store that
    lost its pointer begins a new history. `confirm` is asked when the clock is behind the served generation.

    Raises PublicationError, HistoryError, ClockBehindError, SeenError, StoreUnavailableError, TamperedError, and
    StoreUnfitError when a store that nothing was published to yet fails the probe.
    """
    protocol = _Protocol(store, signer, keys, clock, nonce, mark, confirm, on_step)
    if mark:
        mark.memory.ensure_writable()
    on_step(Step.LOCK, 0, 1)
    with store.lock():
        on_step(Step.LOCK, 1, 1)
        commit: Commit = "swap"
        if base is None:
            with reported(on_step, Step.PROBE):
                commit = probe(store, nonce=nonce)
        for _ in range(_ATTEMPTS):
            if base and is_collecting(base.pointer, clock()):
                base = wait_for_collection(store, keys, clock)
                publication = rebase(base)
            if base is None and new_store:
                store.delete(APPLIED_KEY)  # of the lost history; without it all copies are compared
            else:
                ensure_newest(store, base, keys, mark)
            generation = protocol.attempt(publication, base, base.pointer.commit if base else commit)
            if generation is not None:
                return protocol.finish(publication, generation)
            base = read_served(store, keys, clock())
            LOG.warning("%s: another run published meanwhile: building again on its generation", store.name)
            publication = rebase(base)
    raise PublicationError(f"{store.name}: another publisher was faster {_ATTEMPTS} times in a row: run again later")


@dataclass(frozen=True)
class _Protocol:
    store: Store
    signer: Signer
    keys: KeyRing
    clock: Callable[[], datetime]
    nonce: str
    mark: RememberedGeneration | None
    confirm: Confirm
    on_step: Progress
    written: Counter[Step] = field(default_factory=Counter)

    def attempt(self, publication: Publication, base: Reader | None, commit: Commit) -> int | None:
        """Try to publish once; returns the generation that is now served, None when another publisher was faster."""
        for key in publication.site:
            checked_site_key(key)
        now = time_to_publish(base, self.clock(), self.confirm)
        last = self.mark.recall() if self.mark else None
        after = last.generation if last else 0
        made = Immutables(
            self.store, self.signer, publication, base, commit, now, self.written, self.on_step, after
        ).write()
        if made is None:
            return None
        with reported(self.on_step, Step.BARRIER):
            self.store.barrier()
        pointer = Pointer(
            generation=made[0],
            snapshot_sha256=made[1],
            commit=commit,
            nonce=self.nonce,
            issued_at=timestamp(now),
            expires_at=timestamp(now + POINTER_LIFE),
            kept_from=base.pointer.kept_from if base else 1,
        )
        with reported(self.on_step, Step.POINTER):
            moved = move_pointer(self.store, seal(pointer, self.signer), base.token if base else None, commit)
        if moved and self.mark:
            self.mark.raise_to(Seen(generation=pointer.generation, snapshot_sha256=pointer.snapshot_sha256))
        return pointer.generation if moved else None

    def finish(self, publication: Publication, generation: int) -> Published:
        """Roll the copies forward, unless a newer generation is served, whose publisher does; returns the result."""
        reader = Reader(self.store, self.keys, self.clock())
        if reader.generation == generation:
            self.written.update(
                roll_forward(
                    self.store,
                    reader,
                    copies=publication.copies,
                    site=publication.site,
                    objects=publication.objects,
                    on_step=self.on_step,
                )
            )
        self.on_step(Step.DONE, 1, 1)
        return Published(generation, {str(step): n for step, n in self.written.items() if n})
