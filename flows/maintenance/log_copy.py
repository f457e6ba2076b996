"""Copies the public log to another store, entry by entry, so that nothing but the signed log arrives there."""

from itertools import islice

from flows.publish.pending_writes import changed
from flows.registry.log import NOT_THE_LOG, reading
from flows.registry.reader import Reader
from flows.registry.signed_files import tampered
from flows.store.base import MissingKeyError, Store
from pipelines.log.entries import frontier_of, head_of
from pipelines.log.growth import Growth, read_ends
from pipelines.log.tiles import Tiles
from pipelines.log.tree import Frontier, LogError
from pipelines.registry.layout import log_key

_MOST_AT_ONCE = 4_096
"""Entries in memory at once."""


def copy_log(source: Reader, target: Store, base: Reader | None) -> int:
    """Bring the log in `target`, where generation `base` is served, to what `source` states; return the files written.

    Raise TamperedError where the origin's entries do not lead to the signed log.
    """
    if source.snapshot.log is None:
        return 0
    growth = _begun(target, base)
    written = 0
    try:
        entries = Tiles(source.snapshot.log.size, reading(source.store, source.served.run)).entries(
            growth.frontier.size
        )
        while portion := list(islice(entries, _MOST_AT_ONCE)):
            written += _put(target, growth.append(portion))
    except (LogError, MissingKeyError) as error:
        raise tampered(source.store, log_key("tile"), f"{NOT_THE_LOG} ({error})") from error
    if head_of(growth.frontier) != source.snapshot.log:
        raise tampered(source.store, log_key("tile"), NOT_THE_LOG)
    return written + _put(target, growth.ends())


def _begun(target: Store, base: Reader | None) -> Growth:
    """Return the log as far as the target has it; from the beginning where its last tiles are not the signed ones."""
    head = frontier_of(base.snapshot.log if base else None)
    try:
        return Growth(head, read_ends(head, reading(target)))
    except (LogError, MissingKeyError):
        return Growth(Frontier(), {})


def _put(target: Store, files: dict[str, bytes]) -> int:
    drafts = changed(target, ((log_key(name), body) for name, body in files.items()))
    for draft in drafts:
        if isinstance(draft.body, bytes):
            target.put(draft.key, draft.body)
    return len(drafts)
