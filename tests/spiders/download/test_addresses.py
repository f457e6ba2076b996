import pytest
from scrapy.settings import Settings

from spiders.download.addresses import base_url, path_below

ROOT = "https://api.example:8443/prefix"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://api.example", "https://api.example"),
        ("http://127.0.0.1:8900/github/", "http://127.0.0.1:8900/github"),
    ],
)
def test_a_sources_root_may_have_a_port_and_a_prefix(url: str, read: str) -> None:
    assert base_url(Settings({"HERON_URL": url}), "HERON_URL") == read


@pytest.mark.parametrize(
    "url",
    ["", "api.example", "ftp://api.example", "https://", "https://me:pw@api.example", "https://a/?x=1", "https://a/#x"],
)
def test_a_root_that_is_no_plain_address_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(ValueError, match="HERON_URL must be"):
        base_url(Settings({"HERON_URL": url}), "HERON_URL")


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("https://api.example:8443/prefix/repositories/7", "/repositories/7"),
        ("/prefix/repositories/7", "/repositories/7"),
        ("/repositories/7", "/repositories/7"),
        ("https://api.example/prefix/repositories/7", None),
        ("http://api.example:8443/prefix/repositories/7", None),
        ("//api.example:8443/prefix/repositories/7", None),
        ("https://other.example/repositories/7", None),
        ("https://api.example:8443@other.example/repositories/7", None),
        ("/repositories/7?next=1", None),
        ("/repositories/7#x", None),
        ("repositories/7", None),
        ("", None),
        ("//[", None),
    ],
)
def test_a_location_is_a_path_below_the_root_or_leads_elsewhere(location: str, path: str | None) -> None:
    assert path_below(location, ROOT) == path
