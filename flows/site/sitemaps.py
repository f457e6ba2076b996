"""Collects the addresses of a site's pages into its sitemap: one file, or a part for each shard and an index."""

from collections.abc import Iterator, Mapping

from flows.store.pool import batches
from pipelines.exports.sitemap import MOST_ADDRESSES, MappedPage, sitemap, sitemap_index
from pipelines.pages.site import Site
from pipelines.pages.summary import Summary
from pipelines.registry.export_keys import SITEMAP_KEY, sitemap_key
from pipelines.registry.layout import NOT_FOUND_KEY, headers, page_key


class Sitemaps:
    """The sitemap of a site whose passports are in so many shards."""

    def __init__(self, site: Site, shards: int) -> None:
        self._site, self._shards = site, shards
        self._passports: list[MappedPage] = []
        self._parts: list[str] = []

    def add(self, passport: Summary) -> None:
        """Add the page of a passport to the part of its shard."""
        self._passports.append(MappedPage(page_key(passport.slug), passport.signed[:10]))

    def part(self, index: int) -> Iterator[tuple[str, bytes]]:
        """Yield the part of the shard whose passports were added; the only shard's are in the sitemap itself."""
        if self._shards > 1:
            pages, self._passports = self._passports, []
            yield from self._cut(str(index), pages)

    def files(self, others: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
        """Yield the sitemap, once all shards were given; `others` has the keys of all files but the passports'."""
        pages = [
            MappedPage(key)
            for key in sorted(others)
            if key != NOT_FOUND_KEY and headers(key).content_type.startswith("text/html")
        ]
        if self._shards == 1 and len(pages) + len(self._passports) <= MOST_ADDRESSES:
            yield SITEMAP_KEY, sitemap(self._site, [*pages, *self._passports])
            return
        yield from self._cut("pages", [*pages, *self._passports])
        yield SITEMAP_KEY, sitemap_index(self._site, self._parts)

    def _cut(self, name: str, pages: list[MappedPage]) -> Iterator[tuple[str, bytes]]:
        for number, some in enumerate(batches(pages, MOST_ADDRESSES)):
            key = sitemap_key(f"{name}-{number}" if number else name)
            self._parts.append(key)
            yield key, sitemap(self._site, some)
