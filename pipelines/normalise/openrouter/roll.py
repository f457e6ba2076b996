"""Writes and reads the roll: a record of all ids that one complete crawl of a list saw."""

import hashlib
from collections.abc import Iterable

import orjson

from pipelines.formats.record_reader import RecordReader, parse_record
from schemas.listing import Listing, RawListing
from schemas.sources import ROLLS


def roll_of(source: str, ids: Iterable[str], *, url: str, observed_at: str) -> RawListing:
    """Build the roll of one complete crawl of a source; its id is the time of the observation."""
    body = orjson.dumps({"listed": dict.fromkeys(sorted(set(ids)), True)}).decode()
    return RawListing(
        source=ROLLS[source],
        id=observed_at,
        url=url,
        observed_at=observed_at,
        body=body,
        content_sha256=hashlib.sha256(body.encode()).hexdigest(),
    )


def read_roll(raw: RawListing) -> Listing:
    """Read a roll, which states only the ids that it lists; raise FieldError when it is none."""
    RecordReader(parse_record(raw.body)).nested("listed")
    return Listing(
        source=raw.source,
        id=raw.id,
        kind="roll",
        base_id=raw.id,
        slug="roll",
        variant=None,
        name=raw.source,
        author=raw.source,
        facts=(),
        prices=(),
        providers=(),
        leftovers=(),
        unfamiliar=(),
        url=raw.url,
        observed_at=raw.observed_at,
        content_sha256=raw.content_sha256,
    )
