"""Records of what a language model proposed: how they are written, when they still hold, and what disproves them."""

import hashlib
import json

from pipelines.extraction_rules import extraction_rules
from pipelines.normalise_extraction import SOURCE
from pipelines.pointers import resolve
from pipelines.proposals import Judged, Proposal, SourceText, text_of, untenable
from pipelines.record import parse_record
from schemas.listing import RawListing


def recorded(found: Judged, text: SourceText, *, model: str, observed_at: str) -> RawListing:
    """Write down what counts of a model's answer, as a record of our own."""
    document = {
        "dropped": found.dropped,
        "model": model,
        "of": {"content_sha256": text.sha256, "field": text.field, "id": text.id, "source": text.source},
        "prompt_sha256": extraction_rules().sha256,
        "proposals": [proposal._asdict() for proposal in found.proposals],
    }
    body = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return RawListing(
        source=SOURCE, id=text.record_id, url=text.url, observed_at=observed_at, body=body, content_sha256=digest
    )


def is_of(last: RawListing, text: SourceText) -> bool:
    """Whether a record made earlier is of this very text: then its quotes still stand in it."""
    return bool(resolve(parse_record(last.body), "/of/content_sha256") == text.sha256)


def answers(last: RawListing, text: SourceText, *, model: str) -> bool:
    """Whether a record made earlier answers what would be asked now: the same of the same text and model."""
    document = parse_record(last.body)
    pinned = (document.get("model"), document.get("prompt_sha256"))
    return is_of(last, text) and pinned == (model, extraction_rules().sha256)


def disproof(extraction: RawListing, record: RawListing, kind: str) -> str | None:
    """Say why what was proposed does not hold of the record that it is about, or None when all of it counts there."""
    text, document = text_of(record, kind), parse_record(extraction.body)
    if text is None or text.record_id != extraction.id:
        return f"the text of {record.id!r} is not what {extraction.id!r} is about"
    if not is_of(extraction, text):
        return f"the text of {record.id!r} is another than the one that was asked about"
    proposals = [Proposal(one["claim"], one["end"], one["quote"], one["start"]) for one in document["proposals"]]
    place = next(untenable(proposals, text), None)
    if place is None:
        return None
    return f"/proposals/{place} is no whole sentence that stands in the text from byte {proposals[place].start} on"
