"""Reads OpenRouter's rankings: how many tokens each of the most used models processed in one week."""

import re

from pipelines.formats.record_reader import FieldError, RecordReader, parse_record
from pipelines.normalise.facts import USED_AS_OF, USED_TOKENS
from pipelines.normalise.openrouter.facets import facet_listing
from schemas.listing import Fact, Listing, RawListing
from schemas.times import instant, timestamp

TOTAL = re.compile(r"\d{1,15}")
"""A number of tokens, which every reader of JSON can carry exactly; the largest recorded one has 13 digits."""

REST = "other"
"""The name of the row that sums up all models but the fifty most used."""

MOST_ROWS = 1_000


def read_rankings(raw: RawListing) -> Listing:
    """Read the answer; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    as_of = record.line("as_of")
    facts = [Fact(USED_AS_OF, _instant(as_of), "/as_of", as_of)]
    for field in ("start_date", "end_date"):
        record.line(field)
    tokens = record.nested("tokens")
    names = tokens.names()
    if len(names) > MOST_ROWS:
        record.refuse("tokens", f"has {len(names):,} models, at most {MOST_ROWS:,} are read")
    totals = [(name, tokens.line(name), tokens.place(name)) for name in names]
    for _, total, place in totals:
        if not TOTAL.fullmatch(total):
            raise FieldError(place, f"is {total[:40]!r}, not a number of tokens")
    facts += [Fact(f"{USED_TOKENS}:{name}", int(total), place, total) for name, total, place in totals if name != REST]
    return facet_listing(raw, facts, record)


def _instant(text: str) -> str:
    """An instant with milliseconds, as passports write them."""
    try:
        return timestamp(instant(text))
    except ValueError as error:
        raise FieldError("/as_of", f"is {text[:40]!r}, not an instant such as 2026-05-12T02:00:00Z") from error
