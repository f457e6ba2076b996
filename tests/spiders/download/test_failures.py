"""Why a request brought nothing usable, in a sentence."""

import pytest
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from twisted.python.failure import Failure

from spiders.download.failures import describe

URL = "https://openrouter.ai/api/v1/models"


@pytest.mark.parametrize(
    ("meta", "says", "remedy"),
    [
        ({}, "did not find the host (no answer): ", "check the source's URL and the name server"),
        (
            {"proxy": "http://proxy.internal:3128"},
            "did not find the host (no answer) through a proxy: ",
            "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY, or try again later",
        ),
    ],
)
def test_a_proxy_is_blamed_where_one_was_asked_and_its_address_is_not_published(
    meta: dict[str, str], says: str, remedy: str
) -> None:
    described = describe(Failure(CannotResolveHostError("no answer")), Request(URL, meta=meta))
    assert described.reason == f"GET {URL} {says}{remedy}"
