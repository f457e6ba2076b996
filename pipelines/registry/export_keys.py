"""Keys of what is made from passports for other programs: exports, feeds, badges, the sitemap."""

from collections.abc import Callable

from pipelines.registry.layout import safe_stem

CHANGES_FEED_KEY = "feeds/changes.atom"
"""Atom feed of all changes."""
ENDS_KEY = "feeds/ends.ics"
"""iCalendar of the announced ends."""
SITEMAP_KEY = "sitemap.xml"
EXPORTS_KEY = "exports/index.json"
"""Names the files below by size and hash, and the search index."""
PASSPORT_LINES_KEY = "exports/passports.jsonl.zst"
PASSPORT_TABLE_KEY = "exports/passports.parquet"
STATEMENT_TABLE_KEY = "exports/statements.parquet"
BULK_KEYS = (PASSPORT_LINES_KEY, PASSPORT_TABLE_KEY, STATEMENT_TABLE_KEY)
"""Files with the whole registry, which are written and read in pieces."""
MOST_EXPORT_BYTES = 2**34
"""Largest of them in bytes: a larger one is not ours, and is not read to its end. Two million passports have 2.5 GB."""


def badge_key(slug: str) -> str:
    """Key of a passport's badge, an SVG."""
    return f"badge/{safe_stem(slug)}.svg"


def feed_key(slug: str) -> str:
    """Key of the Atom feed of one passport's changes."""
    return f"feeds/{safe_stem(slug)}.atom"


def bom_key(slug: str) -> str:
    """Key of a passport's bill of materials in CycloneDX' JSON."""
    return f"exports/bom/{safe_stem(slug)}.cdx.json"


def dsse_key(slug: str) -> str:
    """Key of a passport as a DSSE envelope."""
    return f"exports/dsse/{safe_stem(slug)}.json"


def card_key(slug: str) -> str:
    """Key of a passport's facts as the front matter of a Hub model card."""
    return f"exports/card/{safe_stem(slug)}.md"


PASSPORT_FILES: dict[str, Callable[[str], str]] = {
    "badge": badge_key, "bom": bom_key, "card": card_key, "dsse": dsse_key, "feed": feed_key,
}  # fmt: skip
"""Kind of file that the site has of each passport beside its page → from a slug to its key."""


def sitemap_key(part: int | str) -> str:
    """Key of a part of a large registry's sitemap."""
    return f"sitemap-{part}.xml"
