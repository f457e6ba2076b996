from typing import Any

import pytest
from scrapy.http import Response

from spiders.huggingface.pages import error_of, id_of, licence_file, moved_to, next_link, text_at

ROOT = "https://mirror.example:8900/hub"
COMMIT = "5d0c1f" + "0" * 34


def response(body: bytes = b"", **headers: str) -> Response:
    reported = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(f"{ROOT}/api/models/a/b", body=body, headers=reported)


@pytest.mark.parametrize(
    ("location", "repository"),
    [
        ("/api/models/heron-lab/New.1_x", "heron-lab/New.1_x"),
        ("/hub/api/models/heron-lab/a", "heron-lab/a"),
        (f"{ROOT}/api/models/heron-lab/a?expand[]=sha", "heron-lab/a"),
        ("/api/models/gpt2", "gpt2"),
        ("https://mirror.example:8901/hub/api/models/heron-lab/a", None),
        ("http://mirror.example:8900/hub/api/models/heron-lab/a", None),
        ("//evil.example/api/models/heron-lab/a", None),
        ("/api/models/../../login", None),
        ("/api/models/heron-lab/a/tree", None),
        ("/api/models/", None),
        ("/api/datasets/heron-lab/a", None),
        ("/hubris/api/models/heron-lab/a", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_a_record_moves_within_the_api_only(location: str, repository: str | None) -> None:
    assert moved_to(response(Location=location), ROOT) == repository


@pytest.mark.parametrize(
    ("location", "path"),
    [
        (f"/api/resolve-cache/models/a/b/{COMMIT}/README.md?etag=%22x%22", True),
        (f"/api/resolve-cache/models/gpt2/{COMMIT}/README.md", True),
        ("/heron-lab/new/resolve/main/README.md", True),
        ("/heron-lab/new/resolve/main/model.bin", False),
        ("/login?next=/a/b/resolve/main/README.md", False),
        ("https://cdn.example/a/b/resolve/main/README.md", False),
        ("/../a/resolve/main/README.md", False),
    ],
)
def test_a_text_moves_to_the_cache_or_the_new_name_only(location: str, path: bool) -> None:
    assert text_at("README.md", response(Location=location), ROOT) == (location if path else None)
    assert text_at("LICENSE", response(Location=location), ROOT) is None


@pytest.mark.parametrize(
    ("names", "file"),
    [
        (["README.md", "LICENSE"], "LICENSE"),
        (["LICENSES_SOURCES", "licence.txt", "LICENSE"], "licence.txt"),
        (["docs/LICENSE", "LICENSE-CODE", "LICENSE.pdf", "LICENSE\n", 7, None], None),
        ([], None),
    ],
)
def test_a_licence_is_the_file_that_speaks_for_all(names: list[Any], file: str | None) -> None:
    assert licence_file({"siblings": [{"rfilename": name} for name in names]}) == file
    assert licence_file({"siblings": names}) is None
    assert licence_file({}) is licence_file({"siblings": "LICENSE"}) is None


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('<https://h.example/api/models?cursor=a%3D>; rel="next"', "https://h.example/api/models?cursor=a%3D"),
        ('</api/models?p=0>; rel="prev", </api/models?p=2>; rel="next"', "/api/models?p=2"),
        ("<?cursor=1>; rel=next", "?cursor=1"),
        ('</api/models?p=2>; rel="nextish"', None),
        ('</api/models?p=0>; rel="prev"', None),
        ("next", None),
        ("", None),
    ],
)
def test_the_link_header_names_the_next_page(header: str, link: str | None) -> None:
    assert next_link(response(Link=header)) == link


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"id": "heron-lab/a", "modelId": "x/y"}, "heron-lab/a"),
        ({"modelId": "heron-lab/a"}, "heron-lab/a"),
        ({"id": None, "modelId": "heron-lab/a"}, None),
        ({"id": "a/b\n"}, None),
        ({"id": ".../b"}, None),
        ({"id": ["a/b"]}, None),
        ({}, None),
        ("a/b", None),
    ],
)
def test_an_id_is_one_that_can_be_asked_for(record: Any, found: str | None) -> None:
    assert id_of(record) == found


def test_a_refusal_is_reported_in_the_hubs_words_from_wherever_it_puts_them() -> None:
    assert error_of(response(b'{"error": "No such thing"}', X_Error_Message="other")) == "No such thing"
    assert error_of(response(b"<html>", X_Error_Message="Not here")) == "Not here"
    assert error_of(response(b'{"error": {"code": 4}}')) == ""
    assert len(error_of(response(b'{"error": "' + b"x" * 999 + b'"}'))) == 300
