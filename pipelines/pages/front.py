"""The front page: what this is, and the table of all passports, the most used of them without a script."""

from collections.abc import Iterable
from typing import Final, TypedDict

from pipelines.pages.site import Site
from pipelines.pages.summary import Summary
from pipelines.pages.templating import render
from pipelines.pages.words import tokens
from pipelines.registry.layout import INDEX_KEY, page_key

FIRST_ROWS: Final = 100
"""Rows of the front page without a script, and of each page of the table with one."""


class Vocabulary(TypedDict):
    """What a reader may choose passports by: URI and name of each purpose and capability that one has."""

    purposes: list[tuple[str, str]]
    capabilities: list[tuple[str, str]]


def front_page(site: Site, first: Iterable[Summary], vocabulary: Vocabulary, *, passports: int, parts: int) -> bytes:
    """Return the front page; `first` are its rows, and the table of all `passports` has `parts` parts."""
    rows = [(one, page_key(one.slug), tokens(one.context)) for one in first]
    values = {
        "site": site,
        "root": "./",
        "key": INDEX_KEY,
        "rows": rows,
        "passports": passports,
        "parts": parts,
        **vocabulary,
        "json_ld": site.json_ld({
            "@context": "https://schema.org", "@type": "DataCatalog", "name": f"{site.name} trust passports",
            "url": site.address(INDEX_KEY), "description": "Signed, evidence-backed trust passports for AI models.",
        }),
    }  # fmt: skip
    return render("front.html", values)
