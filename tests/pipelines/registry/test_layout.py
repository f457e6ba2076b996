import re
import unicodedata
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.store import keys
from flows.store.base import KeyRefusedError
from pipelines.registry import layout
from schemas.base import SLUG_PATTERN
from tests.support.publications import SITE

HASH = "ab" * 32
slugs = st.one_of(
    st.from_regex(SLUG_PATTERN.removesuffix("$"), fullmatch=True),
    st.sampled_from(
        [
            "api",
            "registry",
            "schema.json",
            "index.html",
            "a..b",
            "a.",
            "a.gz",
            "docs",
            "v1",
            "x.json",
            "con",
            "con.1",
            "index",
        ]
    ),
)
REGISTRY_KEYS = [
    layout.POINTER_KEY,
    layout.APPLIED_KEY,
    layout.object_key(HASH),
    layout.shard_key(HASH),
    layout.source_key("openrouter", HASH),
    layout.snapshot_key(7),
    layout.delta_key(7),
    layout.run_key("2026-06-15T14-50-47.607Z"),
    layout.probe_key("nonce", "create"),
    layout.SCHEMA_KEY,
    layout.INDEX_KEY,
    layout.JWKS_KEY,
    layout.PUBLIC_KEY_KEY,
]


def is_prefix(one: str, other: str) -> bool:
    return f"{other}/".startswith(f"{one}/")


def test_no_fixed_key_is_a_path_prefix_of_another() -> None:
    assert not [pair for pair in combinations(REGISTRY_KEYS, 2) if is_prefix(*pair) or is_prefix(*reversed(pair))]
    assert all(keys.is_key(key) for key in REGISTRY_KEYS)


@given(slugs, slugs)
def test_copies_of_passports_never_stand_in_the_way_of_another_key(one: str, other: str) -> None:
    theirs = [layout.passport_copy_key(one), layout.page_key(one)]
    others = [*REGISTRY_KEYS, *SITE]
    if one != other:
        others += [layout.passport_copy_key(other), layout.page_key(other)]
    assert all(keys.is_key(key) for key in theirs)
    assert not [(a, b) for a in theirs for b in others if is_prefix(a, b) or is_prefix(b, a)]


@given(slugs)
def test_copies_are_served_as_what_they_are_whatever_the_slug_looks_like(slug: str) -> None:
    assert layout.headers(layout.page_key(slug)).content_type == "text/html; charset=utf-8"
    assert layout.headers(layout.passport_copy_key(slug)).content_type == "application/json"


DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@given(slugs)
def test_a_copy_has_a_name_that_every_file_system_and_server_takes_for_itself(slug: str) -> None:
    stem = layout.safe_stem(slug)
    assert stem == layout.safe_stem(slug)
    assert stem == stem.lower() == unicodedata.normalize("NFKC", stem)
    assert len(stem) <= 255
    assert stem not in layout.RESERVED_NAMES
    assert not DEVICE.fullmatch(stem)
    assert not stem.startswith(".")
    assert not stem.endswith((".", " "))


@pytest.mark.parametrize("slug", ["console", "com10", "nullable-7b", "aux-7b", "indexer", "404-not-found"])
def test_a_slug_that_only_begins_like_a_reserved_name_stays(slug: str) -> None:
    assert layout.safe_stem(slug) == slug


@pytest.mark.parametrize("slug", ["qwen-qwq-32b", "anthropic-claude-3.7-sonnet", "gpt-4.1", "owner--name", "a_b", "0"])
def test_an_ordinary_slug_is_its_own_name(slug: str) -> None:
    assert layout.page_key(slug) == slug
    assert layout.passport_copy_key(slug) == f"api/v1/passport/{slug}"


@pytest.mark.parametrize(
    "slug",
    ["api", "registry", "docs", "schema.json", "index.html", "a..b", "a.", "x.gz", "robots.txt", "con", "nul", "com1",
     "lpt9.v2", "aux.", "con..1", "index", "404", "robots", "sitemap", "trust", "status", "changes",
     "submit", "compare"],
)  # fmt: skip
def test_a_slug_that_could_be_taken_for_something_else_gets_a_name_no_slug_can_have(slug: str) -> None:
    stem, mark, digest = layout.safe_stem(slug).partition("~")
    assert mark == "~"
    assert slug.startswith(stem.split("..")[0][:1])
    assert len(digest) == 16


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/etc/passwd",
        "../outside",
        "registry/../../outside",
        "registry//double",
        "registry/",
        "registry/.hidden",
        ".tmp/x",
        ".well-known",
        ".well-known/../x",
        "a\\b",
        "a b",
        "a\n",
        "a\x00b",
        "ä",
        "a%2e%2e",
        "a/./b",
        "~root",
        "a" * 256,
        "a/" * 600 + "a",
    ],
)
def test_a_hostile_key_is_refused(key: str) -> None:
    with pytest.raises(KeyRefusedError, match="refused"):
        keys.checked(key)


@pytest.mark.parametrize(
    "key",
    [
        "registry/timestamp.json",
        "registry",
        "api",
        "api/v1",
        "api/v1/passport",
        "api/v1/passport/acme-tern",
        "acme-tern",
        "acme-tern/page.html",
        "docs/index.html",
        "capability",
        "assets",
    ],
)
def test_a_site_file_may_not_take_the_place_of_a_passport_or_of_the_registry(key: str) -> None:
    with pytest.raises(KeyRefusedError, match="not allowed for a site file"):
        keys.checked_site_key(key)


@pytest.mark.parametrize(
    "key", [*SITE, layout.JWKS_KEY, "robots.txt", "docs", "capability/a.b", "api/v1/capabilities.json"]
)
def test_site_files_have_their_places(key: str) -> None:
    assert keys.checked_site_key(key) == key


@pytest.mark.parametrize(
    ("key", "content_type", "caching"),
    [
        (layout.POINTER_KEY, "application/json", "no-cache"),
        (layout.APPLIED_KEY, "application/json", "no-cache"),
        (layout.object_key(HASH), "application/json", "immutable"),
        (layout.snapshot_key(3), "application/json", "immutable"),
        (layout.shard_key(HASH), "application/zstd", "immutable"),
        (layout.source_key("openrouter", HASH), "application/zstd", "immutable"),
        (layout.SCHEMA_KEY, "application/schema+json", "max-age=300"),
        (layout.JWKS_KEY, "application/jwk-set+json", "max-age=300"),
        (layout.PUBLIC_KEY_KEY, "application/json", "max-age=300"),
        (layout.INDEX_KEY, "text/html; charset=utf-8", "max-age=300"),
        ("assets/site.css", "text/css; charset=utf-8", "max-age=300"),
        ("feeds/changes.atom", "application/atom+xml; charset=utf-8", "max-age=300"),
        ("feeds/ends.ics", "text/calendar; charset=utf-8", "max-age=300"),
        ("badge/acme-tern.svg", "image/svg+xml", "max-age=300"),
        ("exports/passports.jsonl.zst", "application/zstd", "max-age=300"),
        ("exports/passports.parquet", "application/vnd.apache.parquet", "max-age=300"),
        ("exports/bom/acme-tern.cdx.json", "application/vnd.cyclonedx+json; version=1.6", "max-age=300"),
        ("exports/dsse/acme-tern.json", "application/vnd.dsse.envelope.v1+json", "max-age=300"),
        ("exports/card/acme-tern.md", "text/markdown; charset=utf-8", "max-age=300"),
        ("sitemap.xml", "application/xml", "max-age=300"),
    ],
)
def test_what_moves_is_asked_for_again_and_what_is_named_by_its_hash_is_retained(
    key: str, content_type: str, caching: str
) -> None:
    served = layout.headers(key)
    assert served.content_type == content_type
    assert caching in served.cache_control
