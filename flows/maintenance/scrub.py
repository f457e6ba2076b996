"""Scrubs a store: reads files again, a limited number each run, verifies them, and repairs damaged ones.

Immutable files are repaired from another store, copies for readers by rendering. Every run reads the snapshots and
shards from the pointer down, as they name all other files; of those it reads different ones each day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from flows.maintenance.brief_scrub import spoilt_briefs
from flows.maintenance.log_scrub import LogScrub
from flows.maintenance.page_scrub import listed_pages, restored
from flows.publish.copies import rewrite
from flows.publish.pointer import is_collecting
from flows.publish.publication import PublicationError, RenderCopies, RenderPages
from flows.registry.listed_files import REWRITE, differing
from flows.registry.log import RegistryLog
from flows.registry.page_list import FileEntry
from flows.registry.published import applied_generation
from flows.registry.reachable import FileRef, ensure_genuine, item_of, reachable, replace_genuine
from flows.registry.reader import Reader
from flows.registry.signed_files import REMEDY, RegistryError, read_pointer
from flows.store.base import MissingKeyError, Store, StoreError, StoreUnavailableError
from flows.store.pool import batches, each
from pipelines.log.check import LogFile
from pipelines.registry import layout
from pipelines.registry.layout import log_key
from pipelines.signing.keys import KeyRing
from schemas.registry import ShardRef, ShardRow

_BATCH = 256
"""Passports whose copies are compared between two reads of the pointer."""


class Damage(NamedTuple):
    """A file that is not what was signed, or a copy that is not what is served."""

    key: str
    reason: str
    """A sentence with store, key and remedy, and why another store could not repair it."""
    repaired: bool


class Scrubbed(NamedTuple):
    """The result of a scrub, in files; a passport whose copies were compared counts as one."""

    read: int
    """Files read."""
    of: int
    """Files known, without those that a snapshot or shard names which stays damaged."""
    damages: list[Damage]
    """Of snapshots and shards first."""


@dataclass(frozen=True)
class _Turn:
    """The numbers of the files to read in a run: `budget` of them from `begin` on; the first follows the last."""

    files: int
    begin: int
    budget: int

    @classmethod
    def of(cls, files: int, at: datetime, budget: int) -> "_Turn":
        day = (at - datetime.min.replace(tzinfo=at.tzinfo)).days
        return cls(files, day * budget % max(files, 1), budget)

    def within(self, first: int, many: int) -> list[int]:
        """Return which of `many` files, numbered from `first` on, to read, as their offsets from `first`."""
        return [number for number in range(many) if (first + number - self.begin) % self.files < self.budget]


def _rows(reader: Reader, refs: Iterable[ShardRef], turn: _Turn, first: int) -> Iterator[ShardRow]:
    """Yield the rows of this run, reading only the shards that hold some, one at a time."""
    for ref in refs:
        if chosen := turn.within(first, ref.rows):
            rows = tuple(reader.shard(ref))
            yield from (rows[number] for number in chosen)
        first += ref.rows


def _awaited(reader: Reader) -> set[str]:
    """Return the deltas not written yet, as their publisher is at work or was killed, and the next run writes them."""
    applied = applied_generation(reader.store)
    later = range(reader.generation if applied is None else applied + 1, reader.generation + 1)
    return {key for key in map(layout.delta_key, later) if not reader.store.exists(key)}


@dataclass(frozen=True)
class Scrubber:
    """One scrub of a store: what its files are verified with and repaired from, and what it has found so far."""

    store: Store
    trusted: KeyRing
    at: datetime
    copies: RenderCopies
    other: Store | None = None
    """A store that has the same immutable files; None where there is none."""
    pages: RenderPages | None = None
    """Renders the pages anew; None where damaged ones are only reported."""
    seen: dict[str, Damage | None] = field(default_factory=dict, init=False)
    """Key of a file that was read → its damage, None where it is right."""

    def scrub(self, budget: int) -> Scrubbed:
        """Verify all snapshots and shards, and up to `budget` other files; repair damaged ones, never stopping at one.

        The first file is the day's number times the budget, modulo the number of files: daily runs come round to all
        files without storing where the last one ended. Immutable files are repaired from `other`, once verified; copies
        for readers are rendered anew. Raise EmptyStoreError, TamperedError where the pointer is damaged,
        StoreUnavailableError, and PublicationError while garbage is being collected.
        """
        pointer, _ = read_pointer(self.store, self.trusted)
        if is_collecting(pointer, self.at):
            raise PublicationError(f"garbage is being collected from {self.store.name}: run again in a few minutes")
        if not self.is_sound(FileRef(layout.snapshot_key(pointer.generation), pointer.snapshot_sha256)):
            return Scrubbed(1, 1, self.damages())
        reader = Reader(self.store, self.trusted, self.at)
        named = {item.key: item for item in reachable(reader, reader.pointer.kept_from, self.is_sound)}
        awaited = _awaited(reader)
        rest = [named[key] for key in sorted(named) if key not in self.seen and key not in awaited]
        pages = listed_pages(reader)
        refs = [ref for ref in reader.snapshot.shards if self.is_sound(item_of(layout.shard_key(ref.sha256), ref))]
        log = LogScrub(reader, self.other)
        before_log = len(rest) + sum(ref.rows for ref in refs) + len(pages)
        way, files = len(self.seen), before_log + len(log.files)
        turn = _Turn.of(files, self.at, budget)
        self.read_all(rest[number] for number in turn.within(0, len(rest)))
        spoilt = self.compare_log(log, [log.files[number] for number in turn.within(before_log, len(log.files))])
        spoilt += self.compare(reader, _rows(reader, refs, turn, len(rest)))
        chosen = turn.within(before_log - len(pages), len(pages))
        spoilt += self.compare_pages(reader, [pages[number] for number in chosen])
        return Scrubbed(way + min(budget, files), way + files, [*self.damages(), *spoilt])

    def is_sound(self, item: FileRef) -> bool:
        """Read a file, once in a run, and repair it if needed; return whether it is right now."""
        if item.key not in self.seen:
            self.seen[item.key] = self._damage(item)
        damage = self.seen[item.key]
        return damage is None or damage.repaired

    def read_all(self, items: Iterable[FileRef]) -> None:
        """Read files, several at the same time."""
        for _ in each(self.is_sound, items, workers=self.store.workers):
            pass

    def damages(self) -> list[Damage]:
        """Return the damages found so far, in the order of reading."""
        return [damage for damage in self.seen.values() if damage]

    def compare(self, reader: Reader, rows: Iterable[ShardRow]) -> list[Damage]:
        """Rewrite copies that differ from what is served, and return them as damages; skip damaged passports.

        Those whose issue the damaged files of the log do not prove are skipped too.
        """
        log = RegistryLog(reader)
        spoilt: list[str] = []
        briefs: list[str] = []
        for batch in batches(rows, _BATCH):
            objects = [FileRef(layout.object_key(row.object), row.object) for row in batch]
            self.read_all(objects)
            sound = [row for row, item in zip(batch, objects, strict=True) if self.is_sound(item)]
            whole = [row for row in sound if log.is_placed(row)]  # the proof in a copy is not replaced by none
            spoilt += rewrite(reader, whole, self.copies)
            briefs += spoilt_briefs(reader, whole)
        reason = f"is not a signed brief of what {reader} serves: {REWRITE}"
        left = [Damage(key, f"{self.store.name}: {key} {reason}", repaired=False) for key in briefs]
        return left + [
            Damage(key, f"{self.store.name}: {key} is not what {reader} serves", repaired=True) for key in spoilt
        ]

    def compare_pages(self, reader: Reader, pages: list[FileEntry]) -> list[Damage]:
        """Restore pages that are not what the signed list names, and return them as damages."""
        spoilt = list(differing(self.store, pages))
        done = restored(reader, spoilt, self.pages, self.other) if spoilt else set()
        reason = "is not the page that the signed list names"
        return [
            Damage(key, f"{self.store.name}: {key} {reason}{'' if key in done else f': {REWRITE}'}", key in done)
            for key, _ in spoilt
        ]

    def compare_log(self, log: LogScrub, files: list[LogFile]) -> list[Damage]:
        """Make files of the public log anew that are not those of the signed log, and return them as damages."""
        found = ((log_key(file.name), log.spoilt(file)) for file in files)
        return [Damage(key, f"{self.store.name}: {key} {one[0]}", one[1]) for key, one in found if one]

    def _damage(self, item: FileRef) -> Damage | None:
        try:
            ensure_genuine(self.store, item, self.trusted, self.at)
        except (RegistryError, StoreError) as error:
            if isinstance(error, StoreUnavailableError):
                self.store.get(layout.POINTER_KEY)  # raises where the whole store is out of reach, not this file alone
            reason = f"{error}: {REMEDY}" if isinstance(error, MissingKeyError) else str(error)
            return self._repaired(Damage(item.key, reason, repaired=False), item)
        return None

    def _repaired(self, damage: Damage, item: FileRef) -> Damage:
        if self.other is None:
            return damage
        try:
            replace_genuine(self.other, self.store, item, self.trusted, self.at)
        except (RegistryError, StoreError) as error:
            return damage._replace(reason=f"{damage.reason}; not repaired: {error}")
        return damage._replace(repaired=True)
