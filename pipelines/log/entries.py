"""The entries of the public log: what a registry issued, removed and revoked, and its keys; canonical JSON each."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipelines.formats.canonical_json import canonical
from pipelines.log.tree import Frontier
from schemas.events import Event
from schemas.registry import LogHead, ShardRow


@dataclass(frozen=True)
class LogPlace:
    """Where the log has an entry, and the proof that it is the last one of the log of `index` + 1 entries.

    The proof is the hashes to the left of the entry, the nearest first; every later proof of the entry has them too.
    """

    index: int
    proof: tuple[bytes, ...]

    def member(self) -> dict[str, object]:
        """Return it as `_log` of a passport's copy."""
        proof = [base64.b64encode(one).decode() for one in self.proof]
        return {"index": self.index, "size": self.index + 1, "proof": proof}


def issued(row: ShardRow) -> bytes:
    """Return the entry that states the issue of the passport that a row serves."""
    return canonical(
        {
            "type": "issued",
            "slug": row.slug,
            "listing": row.listing_id,
            "object": row.object,
            "generation": row.generation,
            "cause": row.cause,
            "status": row.status,
        }
    )


def removed(row: ShardRow, generation: int) -> bytes:
    """Return the entry that states that a generation serves a passport no longer."""
    return canonical({"type": "removed", "slug": row.slug, "object": row.object, "generation": generation})


def event_entry(event: Event, generation: int) -> bytes:
    """Return the entry by which a generation states an event of its keys or revocations."""
    stated = event.model_dump(mode="json", exclude_none=True)
    return canonical({"type": stated.pop("kind"), **stated, "generation": generation})


def logged(before: dict[str, ShardRow], after: Iterable[ShardRow], generation: int) -> Iterator[tuple[str, bytes]]:
    """Yield slug and entry for what a generation issued or removed, given its rows of some slots and those before.

    Rows that no entry states yet, as older versions wrote no log, are stated as issued. The order is that of slugs.
    """
    rows = {row.slug: row for row in after}
    for slug in sorted(before.keys() | rows.keys()):
        row, last = rows.get(slug), before.get(slug)
        if row is None and last is not None:
            yield slug, removed(last, generation)
        elif row is not None and (last is None or last.object != row.object or last.log_index is None):
            yield slug, issued(row)


def head_of(log: Frontier) -> LogHead:
    """Return a log's frontier as a snapshot states it."""
    return LogHead(size=log.size, hashes=tuple(one.hex() for one in log.hashes))


def frontier_of(head: LogHead | None) -> Frontier:
    """Return the frontier that a snapshot states, an empty one where it states none; raise LogError."""
    return Frontier(head.size, tuple(map(bytes.fromhex, head.hashes))) if head else Frontier()
