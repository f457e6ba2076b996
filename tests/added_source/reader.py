"""Reads an entry of the Field Guide: until when a model was trained, and whether its weights are open."""

from pipelines.formats.record_reader import RecordReader, day, parse_record
from pipelines.formats.slugs import slug_of
from schemas.listing import Fact, Listing, RawListing
from schemas.sources import SELLER


def read_entry(raw: RawListing) -> Listing:
    """Read one entry; raise FieldError naming the field that cannot be read."""
    guide = RecordReader(parse_record(raw.body))
    entry = guide.nested(raw.id)
    stated = {
        "knowledge_cutoff": ("trained_until", day(entry, "trained_until", or_month=True)),
        "open_weights": ("open", entry.optional_flag("open")),
    }
    return Listing.of(
        raw,
        kind="entry",
        slug=slug_of(raw.id),
        facts=tuple(
            Fact(name, value, entry.place(field), value) for name, (field, value) in stated.items() if value is not None
        ),
        same_as=(f"{SELLER}:{raw.id}",),
        leftovers=tuple(entry.leftovers()),
    )
