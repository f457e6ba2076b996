"""Writes and reads the roll: a record of all ids that one complete crawl of a list saw."""

from collections.abc import Iterable

import orjson

from pipelines.formats.record_reader import RecordReader, parse_record
from schemas.listing import Listing, Observation, RawListing
from schemas.sources import ROLLS


def roll_of(source: str, ids: Iterable[str], *, url: str, observed_at: str) -> RawListing:
    """Build the roll of one complete crawl of a source; its id is the time of the observation."""
    body = orjson.dumps({"listed": dict.fromkeys(sorted(set(ids)), True)}).decode()
    return RawListing.of(Observation(ROLLS[source], observed_at, observed_at, url), body)


def read_roll(raw: RawListing) -> Listing:
    """Read a roll, which states only the ids that it lists; raise FieldError when it is none."""
    RecordReader(parse_record(raw.body)).nested("listed")
    return Listing.of(raw, kind="roll", slug="roll", name=raw.source, author=raw.source)
