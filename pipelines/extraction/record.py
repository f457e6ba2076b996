"""Writes and reads records of what a language model proposed, and decides when one still holds."""

import json
from collections.abc import Callable

from pipelines.extraction.answer import AcceptedProposals, Proposal, SourceText, invalid_proposals, record_id, text_of
from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import FieldError, RecordReader, parse_record, shown
from pipelines.formats.slugs import hub_slug, is_slug, slug_of
from pipelines.rules.extraction import PLAIN, TextRule, extraction_rules
from schemas.listing import Fact, Listing, Observation, RawListing
from schemas.sources import BY_NAME, EXTRACTION


def record_of(found: AcceptedProposals, text: SourceText, *, model: str, observed_at: str) -> RawListing:
    """Build the record that stores the accepted proposals of a language model's answer."""
    document = {
        "dropped": found.dropped,
        "model": model,
        "of": {"content_sha256": text.sha256, "field": text.field, "id": text.id, "source": text.source},
        "prompt_sha256": extraction_rules().sha256,
        "proposals": [proposal._asdict() for proposal in found.proposals],
    }
    body = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return RawListing.of(Observation(EXTRACTION, text.record_id, observed_at, text.url), body)


def is_of(last: RawListing, text: SourceText) -> bool:
    """Whether an earlier record is of exactly this text, so that its quotes are still in it."""
    return bool(resolve(parse_record(last.body), "/of/content_sha256") == text.sha256)


def answers(last: RawListing, text: SourceText, *, model: str) -> bool:
    """Whether an earlier record answers what would be asked now: the text, model and question are the same."""
    document = parse_record(last.body)
    pinned = (document.get("model"), document.get("prompt_sha256"))
    return is_of(last, text) and pinned == (model, extraction_rules().sha256)


def refutation(extraction: RawListing, record: RawListing, kind: str) -> str | None:
    """The reason why an extraction does not hold of its record, None where all of it would be accepted again."""
    text, document = text_of(record, kind), parse_record(extraction.body)
    if text is None or text.record_id != extraction.id:
        return f"the text of {record.id!r} is not the text of {extraction.id!r}"
    if not is_of(extraction, text):
        return f"the text of {record.id!r} has changed since it was sent to the model"
    proposals = [Proposal(one["claim"], one["end"], one["quote"], one["start"]) for one in document["proposals"]]
    place = next(invalid_proposals(proposals, text), None)
    if place is None:
        return None
    return f"/proposals/{place} is not a whole sentence of the text at byte {proposals[place].start} on"


SLUG_RULES: dict[str | None, Callable[[str], str]] = {"listing": slug_of, "repository": hub_slug}
"""Name of a rule in a source's row → function from id to slug."""


def read_proposals(raw: RawListing) -> Listing:
    """Read one record; raise FieldError naming the field that cannot be read.

    Whether its quotes are in their text needs that text, and is checked by `refutation`.
    """
    record = RecordReader(parse_record(raw.body))
    rule, listing_id, slug = _subject(record.nested("of"), raw)
    for pinned in ("model", "prompt_sha256"):
        record.line(pinned)
    proposals = [_proposal(one) for one in record.nested_list("proposals")]
    return Listing.of(
        raw,
        kind="entry",
        base_id=listing_id,
        slug=slug,
        facts=tuple(fact for fact, _ in proposals),
        same_as=(f"{rule.of}:{listing_id}",),
        leftovers=tuple(record.leftovers()),
        unfamiliar=tuple(fact.name for fact, known in proposals if not known),
    )


def _subject(of: RecordReader, raw: RawListing) -> tuple[TextRule, str, str]:
    """The rule of the text, and id and slug of what it is about; they must agree with the record's own id."""
    source, listing_id = of.line("source"), of.line("id")
    rule = extraction_rules().text_of(source)
    if rule is None:
        of.refuse("source", f"is {shown(source)}, which has no text to ask about")
    if raw.id != record_id(source, listing_id):
        of.refuse("id", f"is {shown(listing_id)}, where the record is {raw.id[:80]!r}")
    slug = SLUG_RULES[BY_NAME[rule.of].slugs](listing_id)
    if not is_slug(slug):
        of.refuse("id", f"is {shown(listing_id)}, which cannot name a passport")
    field, digest = of.take("field"), of.line("content_sha256")
    if field != rule.field:
        of.refuse("field", f"is {shown(field)}, but the text of {source} is at {rule.field!r}")
    if len(digest) != len(raw.content_sha256):
        of.refuse("content_sha256", f"is {shown(digest)}, not a SHA-256")
    return rule, listing_id, slug


def _proposal(proposal: RecordReader) -> tuple[Fact, bool]:
    """Read one proposal into a fact; the second value is whether its claim is a known one."""
    rules, claim, quote = extraction_rules(), proposal.line("claim"), proposal.take("quote")
    start, end = proposal.optional_count("start"), proposal.optional_count("end")
    bounds = rules.bounds
    if not isinstance(quote, str) or not bounds.shortest_quote_chars <= len(quote) <= bounds.longest_quote_chars:
        expected = f"not a text of {bounds.shortest_quote_chars} to {bounds.longest_quote_chars} characters"
        raise FieldError(proposal.place("quote"), f"is {shown(quote)}, {expected}")
    if start is None or end is None or end - start != len(quote.encode()):
        raise FieldError(proposal.place("end"), f"is {end}, not the byte after the quote's last, from {start} on")
    name = f"limit:{PLAIN}-{start}" if claim == PLAIN else f"limit:{claim}"
    return Fact(name, quote, proposal.place("quote"), quote, "pattern"), claim in rules.claim_ids()
