"""What a run wants published, and what came of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from flows.errors import FlowError
from schemas.base import Sha256, Timestamp
from schemas.registry import ShardRow


class PublicationError(FlowError):
    """What was to be published does not hold together, or other publishers were faster too often."""


class SourceFile(NamedTuple):
    """The listings of one source from its last complete crawl."""

    body: bytes
    """JSON Lines as `pipelines.shards.pack` packs them."""
    listings: int
    last_scraped_at: Timestamp


class Copies(NamedTuple):
    """What is served of one passport outside the registry."""

    passport: bytes
    """The signed passport with `_links`."""
    page: bytes | None = None
    """Its page for people; None where there is no site."""


RenderCopies = Callable[[str, bytes], Copies]
"""From a slug and the bytes of its signed passport to its copies."""


@dataclass(frozen=True)
class Publication:
    """The next generation, merged against the generation that its maker read."""

    rows: tuple[ShardRow, ...]
    """Every passport that it serves. `generation` of a row is set on publishing, where the object is new."""
    objects: Mapping[Sha256, bytes]
    """Signed passports that the store may not have yet; large runs write theirs ahead with `write_objects`."""
    sources: Mapping[str, SourceFile]
    """Sources crawled anew; the others stay as the parent has them."""
    rules_sha256: Sha256
    run_id: str
    run_report: bytes
    copies: RenderCopies = field(repr=False)
    site: Mapping[str, bytes] = field(default_factory=dict)
    """Key → file, for what is served beside the passports: schema.json, the public keys, the index."""


class Published(NamedTuple):
    """What came of it."""

    generation: int
    written: dict[str, int]
    """Step → how many keys it wrote; what was there already is not written."""


class Step(StrEnum):
    """The steps of a publication, in their order."""

    LOCK = "lock"
    """Waiting for another publication to this store to end."""
    PROBE = "probe"
    """Racing the store, before the first publication to it."""
    OBJECTS = "objects"
    SOURCES = "sources"
    REPORT = "report"
    SHARDS = "shards"
    SNAPSHOT = "snapshot"
    BARRIER = "barrier"
    POINTER = "pointer"
    DELTA = "delta"
    COPIES = "copies"
    SITE = "site"
    APPLIED = "applied"
    DONE = "done"


Progress = Callable[[Step, int, int], None]
"""Told the step, how many are done and how many there are: (step, 0, n) as a step begins, (step, n, n) as it ends."""


def silent(step: Step, done: int, total: int) -> None:
    """Report progress to nobody."""
    del step, done, total


@contextmanager
def reported(on_step: Progress, step: Step, total: int = 1) -> Iterator[None]:
    """Report that a step begins, and that it is done."""
    on_step(step, 0, total)
    yield
    on_step(step, total, total)
