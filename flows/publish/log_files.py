"""Writes the public log's tiles: before the pointer moves, so that nothing is served that is not logged.

Publishers that race write different entries at the same place. So what a run adds is first written into a folder of its
own, where the readers of its generation look too, and to the keys of the log only once the pointer has moved: what is
at these keys was served, and a cache may hold a full tile for ever.
"""

from collections.abc import Iterable, Iterator, Sequence

from flows.progress import LOG
from flows.publish.events import events_of
from flows.publish.pending_writes import PendingWrite, changed
from flows.registry.log import NOT_THE_LOG, reading
from flows.registry.reader import Reader
from flows.registry.signed_files import RegistryError, tampered
from flows.store.base import MissingKeyError, Store
from flows.store.pool import batches
from pipelines.log.entries import event_entry, frontier_of, head_of, logged
from pipelines.log.growth import Growth, read_ends
from pipelines.log.tree import Frontier, LogError
from pipelines.registry.layout import log_key, log_pending_key
from pipelines.registry.slots import slots_by_shard
from schemas.events import Event, LoggedAt
from schemas.registry import LogHead, ShardRow, Snapshot

_MOST_AT_ONCE = 4_096
"""Entries that are appended at once; their tiles are then written and freed."""


class LogWriter:
    """Appends the events of a generation, and what it issues and removes, to the log that the generation `base` left.

    With a `run`, the files are those of its folder. Raises TamperedError where the stored log is not the one that was
    signed, and cannot be made anew.
    """

    def __init__(self, store: Store, base: Reader | None, run: str | None = None) -> None:
        self._store, self._run = store, run
        self.growth = _growth_after(base) if base else Growth(Frontier(), {})

    @property
    def head(self) -> LogHead:
        """The log with all that was appended."""
        return head_of(self.growth.frontier)

    def append_events(self, events: Sequence[Event], generation: int) -> tuple[dict[str, LoggedAt], list[PendingWrite]]:
        """Append events; return kind of event → place of the last one, and the files to write."""
        begin, drafts = self.growth.frontier.size, list[PendingWrite]()
        places: dict[str, LoggedAt] = {
            event.kind: LoggedAt(index=begin + number, generation=generation) for number, event in enumerate(events)
        }
        for portion in batches(events, _MOST_AT_ONCE):
            drafts += self._changed(self.growth.append([event_entry(event, generation) for event in portion]))
        return places, drafts

    def append(
        self, before: dict[str, ShardRow], rows: Iterable[ShardRow], generation: int
    ) -> Iterator[tuple[dict[str, int], list[PendingWrite]]]:
        """Append what changed in the rows of some slots; yield in portions: slug → index, and the files to write."""
        portion: list[tuple[str, bytes]] = []
        for pair in logged(before, rows, generation):
            portion.append(pair)
            if len(portion) == _MOST_AT_ONCE:
                yield self._appended(portion)
                portion = []
        if portion:
            yield self._appended(portion)

    def last(self) -> list[PendingWrite]:
        """Return the writes of the tiles that the log now ends with, which are not full."""
        return self._changed(self.growth.ends())

    def _appended(self, portion: list[tuple[str, bytes]]) -> tuple[dict[str, int], list[PendingWrite]]:
        begin = self.growth.frontier.size
        files = self.growth.append([entry for _, entry in portion])
        return {slug: begin + n for n, (slug, _) in enumerate(portion)}, self._changed(files)

    def _changed(self, files: dict[str, bytes]) -> list[PendingWrite]:
        drafts = changed(self._store, ((log_key(name), body) for name, body in files.items()))
        if self._run is None:
            return drafts
        return [
            PendingWrite(log_pending_key(self._run, draft.key.removeprefix(log_key(""))), draft.body, None)
            for draft in drafts
        ]


def pending_log(reader: Reader, snapshots: Iterable[Snapshot]) -> Iterator[list[PendingWrite]]:
    """Yield writes of the log's files that these generations, oldest first, should have left and that differ.

    Generations without a log are left out, and those whose parent is no longer retained.
    """
    for snapshot in snapshots:
        own = reader.at_snapshot(snapshot)
        parent = own.parent_reader() if snapshot.log else None
        if snapshot.log is None or _is_lost(parent, own):
            continue
        try:
            writer = LogWriter(reader.store, parent)
            yield from _appended(writer, own, parent)
            yield writer.last()
        except (RegistryError, MissingKeyError) as error:
            LOG.warning("the log of generation %s could not be compared: %s", snapshot.generation, error)


def _growth_after(base: Reader) -> Growth:
    """Return a generation's log: as it is stored, or where that is missing or a racing publisher's, from its rows."""
    head = base.snapshot.log
    try:
        return Growth(frontier_of(head), read_ends(frontier_of(head), reading(base.store, base.served.run)))
    except (LogError, MissingKeyError) as error:
        damage = tampered(base.store, log_key("tile"), f"{NOT_THE_LOG} ({error})")
        parent = base.parent_reader()
        if _is_lost(parent, base):
            raise damage from error
        writer = LogWriter(base.store, parent)
        for _ in _appended(writer, base, parent):
            pass
        if writer.head != head:
            raise damage from error
        return writer.growth


def _appended(writer: LogWriter, own: Reader, parent: Reader | None) -> Iterator[list[PendingWrite]]:
    """Append what a generation did, given its parent; yield the writes of what that completes."""
    events = events_of(own.store, parent.snapshot if parent else None, own.snapshot.root, own.snapshot.revocations)
    yield writer.append_events(events, own.generation)[1]
    for slots in slots_by_shard(own.snapshot.passports):
        before = {row.slug: row for row in parent.rows(slots=slots)} if parent else {}
        for _, drafts in writer.append(before, own.rows(slots=slots), own.generation):
            yield drafts


def _is_lost(parent: Reader | None, own: Reader) -> bool:
    """Whether a generation has a parent that is no longer retained, given the reader of it."""
    return parent is None and own.snapshot.parent is not None
