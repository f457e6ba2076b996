from lxml import etree

from pipelines.exports.sitemap import MappedPage, sitemap, sitemap_index
from pipelines.pages.site import Site
from pipelines.passport.links import Issuer
from tests.pipelines.exports.documents import SITE

NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def found(body: bytes, path: str) -> list[str]:
    return [one.text for one in etree.fromstring(body).findall(path, NAMESPACE)]


def test_a_sitemap_names_addresses_and_the_days_of_their_passports() -> None:
    body = sitemap(SITE, [MappedPage("index.html"), MappedPage("acme-tern", "2026-06-15")])
    assert found(body, "s:url/s:loc") == ["https://registry.example/", "https://registry.example/acme-tern"]
    assert found(body, "s:url/s:lastmod") == ["2026-06-15"]
    assert found(sitemap_index(SITE, ["sitemap-0.xml"]), "s:sitemap/s:loc") == [
        "https://registry.example/sitemap-0.xml"
    ]


def test_an_address_is_escaped() -> None:
    odd = Site(Issuer("odd", "https://registry.example/a&b"))
    assert found(sitemap(odd, [MappedPage("docs")]), "s:url/s:loc") == ["https://registry.example/a&b/docs"]
