import pytest

from spiders.download.addresses import ForeignLinkError, following_url
from spiders.download.documents import AnswerError
from spiders.openrouter.pages import read_first_page, read_page, read_record

BASE = "https://mirror.example:8900/openrouter"
LIST = "/api/v1/models"


@pytest.mark.parametrize(
    "link",
    [
        "/api/v1/models?offset=500&limit=500",
        "/openrouter/api/v1/models?offset=500&limit=500",
        "?offset=500&limit=500",
        "https://mirror.example:8900/api/v1/models?offset=500&limit=500",
        "//mirror.example:8900/openrouter/api/v1/models?offset=500&limit=500",
    ],
)
def test_a_next_link_counts_from_the_source_with_or_without_its_prefix(link: str) -> None:
    assert following_url(link, base_url=BASE, list_path=LIST) == f"{BASE}{LIST}?offset=500&limit=500"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/v1/models?offset=5",
        "//evil.example/api/v1/models?offset=5",
        "http://mirror.example:8900/openrouter/api/v1/models?offset=5",
        "https://mirror.example:8901/openrouter/api/v1/models?offset=5",
        "https://mirror.example:8900@evil.example/api/v1/models?offset=5",
        "https://user@mirror.example:8900/api/v1/models?offset=5",
        "\\\\evil.example\\api\\v1\\models?offset=5",
        "/api/v1/models/../keys?offset=5",
        "/api/v1/keys?offset=5",
        "/api/v1/models",
        "javascript:alert(1)?x",
        "file:///etc/passwd?x",
        "https://[broken/api/v1/models?offset=5",
        "",
    ],
)
def test_a_next_link_that_leaves_the_list_is_refused(link: str) -> None:
    with pytest.raises(ForeignLinkError):
        following_url(link, base_url=BASE, list_path=LIST)


@pytest.mark.parametrize(
    "body", [b'[{"id": "a/b"}]', b'{"data": [{"id": "a/b"}], "more": 1}', b'\xef\xbb\xbf{"data": [{}]}']
)
def test_a_bare_array_and_an_object_around_data_are_lists(body: bytes) -> None:
    page = read_first_page(body)
    assert (len(page.elements), page.announced, page.following) == (1, None, None)


def test_count_and_link_are_read() -> None:
    assert read_page(b'{"data": [], "total_count": 350, "links": {"next": null}}') == ([], 350, None)
    assert read_page(b'{"data": [1], "links": {"next": "?offset=1"}}').following == "?offset=1"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"data": []}', "an empty list"),
        (b"[]", "an empty list"),
        (b'{"data": [], "links": {"next": "?offset=1"}}', "an empty page that links to a next one"),
        (b'{"error": {"code": 429}}', "an object of 'error' instead of a list"),
        (b'{"data": {"id": 1}}', "an object of 'data' instead of a list"),
        (b'"text"', "a single value instead of a list"),
        (b'{"data": [1], "total_count": "7"}', "a total_count that is not a whole number: 7"),
        (b'{"data": [1], "total_count": -7}', "a total_count that is not a whole number: -7"),
        (b'{"data": [1], "total_count": 1e3}', "a total_count that is not a whole number: 1e3"),
        (b'{"data": [1], "links": ["?offset=1"]}', "links that cannot be read"),
        (b'{"data": [1], "links": {"next": 5}}', "links that cannot be read"),
    ],
)
def test_what_is_no_first_page_is_named(body: bytes, sentence: str) -> None:
    with pytest.raises(AnswerError, match=sentence):
        read_first_page(body)


def test_a_single_record_is_under_data() -> None:
    assert read_record(b'{"data": {"id": "a/b"}}') == {"id": "a/b"}
    with pytest.raises(AnswerError, match="an array instead of an object with a record under `data`"):
        read_record(b'[{"id": "a/b"}]')
