"""The sitemap: the addresses of all pages (sitemaps.org), in parts where there are many."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pipelines.exports.xml import xml_line
from pipelines.pages.site import Site

MOST_ADDRESSES: Final = 50_000
"""Most addresses of one file, by the protocol."""
_LONGEST: Final = 2000
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


class MappedPage(NamedTuple):
    """A page of the site."""

    key: str
    modified: str = ""
    """Day on which what it shows was signed; "" where that is not known."""


def sitemap(site: Site, pages: Iterable[MappedPage]) -> bytes:
    """Return a sitemap of at most `MOST_ADDRESSES` pages."""
    return _listed("urlset", "url", site, pages)


def sitemap_index(site: Site, keys: Iterable[str]) -> bytes:
    """Return the file that names the parts of a sitemap by their keys."""
    return _listed("sitemapindex", "sitemap", site, map(MappedPage, keys))


def _listed(root: str, element: str, site: Site, pages: Iterable[MappedPage]) -> bytes:
    rows = "".join(
        f"<{element}><loc>{xml_line(site.address(page.key), _LONGEST)}</loc>"
        f"{f'<lastmod>{page.modified}</lastmod>' if page.modified else ''}</{element}>\n"
        for page in pages
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">\n{rows}</{root}>\n'.encode()
