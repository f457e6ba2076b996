"""The publication protocol: everything immutable first, then the pointer by compare-and-swap, then the copies.

objects → sources → report → shards → snapshot → barrier → pointer → copies → site → applied. Killed before the pointer
moved, nothing of it is served and the next run writes beside what was left; killed after it, the next run rolls the
copies forward. Readers that start at the pointer see one whole generation throughout.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flows.copies import roll_forward
from flows.immutables import Immutables
from flows.publication import Progress, Publication, PublicationError, Published, Step, reported, silent
from flows.reader import Reader, read_served
from flows.sealed import MAX_POINTER_BYTES, seal
from flows.store.base import ConflictError, Store, StoreUnavailableError, find
from flows.store.keys import POINTER_KEY, checked_site_key
from flows.store.probe import probe
from pipelines.signing import KeyRing, Signer
from schemas.registry import Pointer
from schemas.times import timestamp

POINTER_LIFE = timedelta(hours=72)
"""After so long without a publication readers call the registry frozen: a weekend of failed daily runs is borne."""
_ATTEMPTS = 8
"""Each failed one means that another publisher moved the pointer meanwhile, or that the store gave no clear answer."""

Rebase = Callable[[Reader | None], Publication]
"""Merges the run's rows again, onto what is served now."""


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
    on_step: Progress = silent,
) -> Published:
    """Make the publication the generation that is served.

    `base` is what its rows were merged against (`read_served`), None for an empty store; when another publisher was
    faster, `rebase` merges anew. `keys` trusts the signer. `nonce` is fresh for every publication. The store's lock is
    taken here. Raises PublicationError, StoreUnavailableError, TamperedError, and StoreUnfitError where a store that
    nothing was published to yet fails the probe.
    """
    protocol = _Protocol(store, signer, keys, clock, nonce, on_step)
    on_step(Step.LOCK, 0, 1)
    with store.lock():
        on_step(Step.LOCK, 1, 1)
        if base is None:
            with reported(on_step, Step.PROBE):
                probe(store, nonce=nonce)
        for _ in range(_ATTEMPTS):
            generation = protocol.attempt(publication, base)
            if generation is not None:
                return protocol.finish(publication, generation)
            base = read_served(store, keys, clock())
            publication = rebase(base)
    raise PublicationError(f"{store.name}: other publishers were faster {_ATTEMPTS} times in a row: run again")


@dataclass(frozen=True)
class _Protocol:
    store: Store
    signer: Signer
    keys: KeyRing
    clock: Callable[[], datetime]
    nonce: str
    on_step: Progress
    written: Counter[Step] = field(default_factory=Counter)

    def attempt(self, publication: Publication, base: Reader | None) -> int | None:
        """Try once; returns the generation that is now served, None when another publisher was faster."""
        for key in publication.site:
            checked_site_key(key)
        now = self.clock()
        immutables = Immutables(self.store, self.signer, publication, base, now, self.written, self.on_step)
        generation, snapshot_sha256 = immutables.write()
        with reported(self.on_step, Step.BARRIER):
            self.store.barrier()
        pointer = Pointer(
            generation=generation,
            snapshot_sha256=snapshot_sha256,
            nonce=self.nonce,
            issued_at=timestamp(now),
            expires_at=timestamp(now + POINTER_LIFE),
        )
        with reported(self.on_step, Step.POINTER):
            moved = self._moved(seal(pointer, self.signer), base)
        return generation if moved else None

    def finish(self, publication: Publication, generation: int) -> Published:
        """Let the copies follow, unless a newer generation is served already: then its publisher does."""
        reader = Reader(self.store, self.keys, self.clock())
        if reader.generation == generation:
            self.written.update(
                roll_forward(self.store, reader, copies=publication.copies, site=publication.site, on_step=self.on_step)
            )
        self.on_step(Step.DONE, 1, 1)
        return Published(generation, {str(step): n for step, n in self.written.items() if n})

    def _moved(self, body: bytes, base: Reader | None) -> bool:
        """Move the pointer; False when another publisher did.

        Whatever the answer to the write was, what lies there decides, and the nonce makes ours like no other: an answer
        can get lost, and a client that tries again can be told of a conflict with itself. Should another publisher have followed ours within that moment, we
        publish once more, onto theirs, which changes nothing.
        """
        expected = base.token if base else None
        unanswered: StoreUnavailableError | None = None
        for _ in range(_ATTEMPTS):
            try:
                if self._swapped(body, expected):
                    return True
            except StoreUnavailableError as error:
                unanswered = error
            served = find(self.store, POINTER_KEY, max_bytes=MAX_POINTER_BYTES)
            if served and served.body == body:
                return True
            if (served and served.token) != expected:
                return False
        raise StoreUnavailableError(f"{self.store.name}: the pointer cannot be moved: {unanswered}") from unanswered

    def _swapped(self, body: bytes, expected: str | None) -> bool:
        if expected is None:
            return self.store.create(POINTER_KEY, body)
        try:
            self.store.swap(POINTER_KEY, body, expected)
        except ConflictError:
            return False
        return True
