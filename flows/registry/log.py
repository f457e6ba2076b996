"""Reads the public log beside a registry, and proves that what is served is in it."""

from collections.abc import Iterator
from functools import cached_property, lru_cache

import orjson

from flows.registry.checks import ServedPassport, slug_in
from flows.registry.reader import Reader
from flows.registry.signed_files import tampered
from flows.store.base import MissingKeyError, Store, TooLargeError
from pipelines.log.entries import LogPlace, event_entry, frontier_of, issued
from pipelines.log.tiles import MAX_BUNDLE_BYTES, Read, Tiles
from pipelines.log.tree import Frontier, LogError, is_consistent, is_included, leaf_hash
from pipelines.registry.layout import log_key, log_pending_key
from schemas.events import Event, LoggedAt, RevocationListEvent, RootEvent
from schemas.registry import LogHead, ShardRow
from schemas.verdict import Finding, Verdict

NOT_THE_LOG = "does not lead to the log that the snapshot states"
REMEDY = "who watches the log was not shown it: ask its publisher, or read another copy of the registry"


def reading(store: Store, run: str | None = None) -> Read:
    """Return a function that reads a file of a store's log by its name below the log's folder.

    `run` is the one that made the generation that is served: what it added may not be at its own key yet.
    """

    def read(name: str) -> bytes:
        try:
            return store.get(log_key(name), max_bytes=MAX_BUNDLE_BYTES).body
        except MissingKeyError:
            if run is None:
                raise
        try:
            return store.get(log_pending_key(run, name), max_bytes=MAX_BUNDLE_BYTES).body
        except MissingKeyError:  # moved meanwhile
            return store.get(log_key(name), max_bytes=MAX_BUNDLE_BYTES).body

    return read


class RegistryLog:
    """The log of a reader's generation. Its files are not trusted: every answer is proved against the signed log.

    The constructor raises TamperedError where the snapshot states no possible log; methods that read raise StoreError.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.frontier, self._served = self._frontier(reader.snapshot.log), self._frontier(reader.served.log)
        self.tiles = Tiles(self._served.size, reading(reader.store, reader.served.run))
        self._why_not = lru_cache(1)(self._reason)  # a row's verdict and its place are asked for one after the other

    @cached_property
    def root(self) -> bytes:
        """The hash of all entries."""
        return self.frontier.root()

    @cached_property
    def was_dropped(self) -> bool:
        """Whether this generation states no log although its parent did."""
        parent = None if self.reader.snapshot.log else self.reader.parent(self.reader.snapshot)
        return bool(parent and parent.log)

    @cached_property
    def unlogged(self) -> str | None:
        """Why the root or the list of revocations in force is not in the log of what is served; None where both are.

        A root is in force as soon as it is stored, and logged with the generation that is published under it.
        """
        served, newest = self.reader.served, self.reader.keys.root_version
        if served.log is None:
            return None  # nothing is logged, which `judged` judges
        if newest > (served.root.version if served.root else 0):
            named = f"root version {served.root.version}" if served.root else "no root"
            return f"root version {newest} is in force, and {self.reader.store.name} serves a generation with {named}"
        events: list[tuple[str, Event, LoggedAt | None]] = []
        if root := served.root:
            event: Event = RootEvent(version=root.version, thumbprint=root.thumbprint)
            events.append((f"root version {root.version}", event, served.root_logged))
        if listed := served.revocations:
            event = RevocationListEvent(number=listed.number, sha256=listed.sha256)
            events.append((f"list {listed.number} of revocations", event, served.revocations_logged))
        return next((reason for named in events if (reason := self._unlogged_event(*named))), None)

    def check(self, target: str | bytes, *, seen_generation: int | None = None) -> Finding:
        """Return the verdict on a passport as `Reader.check` does, and `not_logged` where its issue is not logged."""
        if isinstance(target, str):
            return self.verified(target, seen_generation=seen_generation).finding
        finding = self.reader.check(target, seen_generation=seen_generation)
        if not finding.verdict.good:
            return finding
        row = self.reader.row(slug_in(orjson.loads(target)["passport"]))
        return self.judged(row, finding) if row else finding

    def verified(self, slug: str, *, seen_generation: int | None = None) -> ServedPassport:
        """Return the passport of a slug as `Reader.verified` does, with the verdict of `check` on it."""
        served = self.reader.verified(slug, seen_generation=seen_generation)
        row = self.reader.row(slug) if served.finding.verdict.good else None
        return served._replace(finding=self.judged(row, served.finding)) if row else served

    def judged(self, row: ShardRow, finding: Finding) -> Finding:
        """Return a finding, turned to `not_logged` if it is good and the log lacks the entry of a row's issue.

        So too where it lacks the root or the list of revocations in force. Generations of older versions wrote no log,
        and nothing is asked of them.
        """
        reason = (self._why_not(row) or self.unlogged) if finding.verdict.good else None
        if reason is None:
            return finding
        return finding._replace(verdict=Verdict.NOT_LOGGED, reason=f"{row.slug}: {reason}: {REMEDY}")

    def place(self, row: ShardRow) -> LogPlace | None:
        """Return where the log has a row's issue; None where there is no log, or its files do not prove the issue."""
        if self.reader.snapshot.log is None or row.log_index is None or self._why_not(row):
            return None
        return LogPlace(row.log_index, self.tiles.inclusion(row.log_index, row.log_index + 1))

    def is_placed(self, row: ShardRow) -> bool:
        """Whether `place` returns what a copy of the row's passport must have, and not None as files are damaged."""
        return self.reader.snapshot.log is None or row.log_index is None or self._why_not(row) is None

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield index and bytes of the entries from `start` on, each proved; raise TamperedError."""
        for index in range(start, self.frontier.size):
            try:
                entry = self.tiles.entry(index)
                self._prove(index, entry)
            except (LogError, MissingKeyError, TooLargeError) as error:
                raise tampered(self.reader.store, log_key("tile"), f"{NOT_THE_LOG} ({error})") from error
            yield index, entry

    def begins_with(self, size: int, root: bytes) -> bool:
        """Whether the log begins with the one that had this size and root; False too where its tiles are damaged."""
        try:
            return self._root_at(size) == root
        except (LogError, MissingKeyError, TooLargeError):
            return False

    def departure(self, size: int, root: bytes) -> Finding | None:
        """Return the finding that the log does not go on from the one seen before, of this size and root, else None.

        Where that cannot be proved, as tiles are missing or those of another log, it is `not_logged`.
        """
        if size > self.frontier.size:
            reason = f"{self.reader} has {self.frontier.size:,} entries in its log, and {size:,} were seen before"
            return Finding(Verdict.ROLLBACK, reason)
        try:
            before = self._root_at(size)
        except (LogError, MissingKeyError, TooLargeError) as error:
            reason = f"that the log of {self.reader} begins with the one seen before cannot be proved ({error})"
            return Finding(Verdict.NOT_LOGGED, reason)
        if before == root:
            return None
        return Finding(Verdict.EQUIVOCATION, f"the log of {self.reader} does not begin with the one seen before")

    def _root_at(self, size: int) -> bytes:
        """Return the root that the log had at a size, proved by its signed root; raise LogError."""
        if size == self.frontier.size:
            return self.root
        root = self.tiles.frontier(size).root()
        proof = self.tiles.consistency(size, self.frontier.size)
        if not is_consistent((size, root), (self.frontier.size, self.root), proof):
            raise LogError("its tiles do not lead to the signed root")
        return root

    def _frontier(self, head: LogHead | None) -> Frontier:
        try:
            return frontier_of(head)
        except LogError as error:
            raise tampered(self.reader.store, "registry/snapshots", f"states an impossible log: {error}") from error

    def _reason(self, row: ShardRow) -> str | None:
        if self.reader.snapshot.log is None:
            return f"{self.reader} has no log, and its parent had one" if self.was_dropped else None
        if row.log_index is None:
            return f"{self.reader} states no place in the log for it"
        try:
            self._prove(row.log_index, issued(row))
        except (LogError, MissingKeyError, TooLargeError) as error:
            return f"its issue is not in the log of {self.reader} at {row.log_index} ({error})"
        return None

    def _unlogged_event(self, named: str, event: Event, place: LoggedAt | None) -> str | None:
        if place is None:
            return f"{named} is in force, and the snapshot states no place in the log for it"
        try:
            self._prove(place.index, event_entry(event, place.generation), self._served)
        except (LogError, MissingKeyError, TooLargeError) as error:
            return f"{named} is in force, and is not in the log at {place.index} ({error})"
        return None

    def _prove(self, index: int, entry: bytes, log: Frontier | None = None) -> None:
        log, root = log or self.frontier, log.root() if log else self.root
        proof = self.tiles.inclusion(index, log.size)
        if not is_included(leaf_hash(entry), index, log.size, proof, root):
            raise LogError(f"the proof of entry {index} does not lead to the signed root")
