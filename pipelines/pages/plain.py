"""The pages that say what a passport is and how to use it: docs, trust, compare, claims, stored records, not found."""

from collections.abc import Iterator
from typing import Final

from pipelines.pages.site import Site
from pipelines.pages.templating import render
from pipelines.registry.export_keys import BULK_KEYS
from pipelines.registry.layout import NOT_FOUND_KEY, headers

PAGES: Final = ("compare", "docs", "record", "submit", "trust", "verify")
ROBOTS: Final = "User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n"


def plain_pages(site: Site, key_id: str) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of each; `key_id` is the thumbprint of the key that signs the registry."""
    shared = {"site": site, "key_id": key_id, "json_ld": _data_set(site)}
    for key in PAGES:
        yield key, render(f"{key}.html", {**shared, "root": "./", "key": key})
    path = site.issuer.base_url.partition("://")[2].partition("/")[2]
    root = f"/{path}/" if path else "/"  # it is served at addresses of any depth
    yield NOT_FOUND_KEY, render("404.html", {**shared, "root": root, "key": NOT_FOUND_KEY})
    yield "robots.txt", ROBOTS.format(base=site.issuer.base_url).encode()


def _data_set(site: Site) -> str:
    """Return the description of the exports by which search engines for data find them."""
    files = [
        {"@type": "DataDownload", "encodingFormat": headers(key).content_type, "contentUrl": site.address(key)}
        for key in BULK_KEYS
    ]
    return site.json_ld({
        "@context": "https://schema.org", "@type": "Dataset", "name": f"Trust passports of {site.name}",
        "description": "Signed trust passports of AI models: each claim with its source, quote, time and hash.",
        "url": site.address("docs"), "creator": {"@type": "Organization", "name": site.name},
        "distribution": files,
    })  # fmt: skip
