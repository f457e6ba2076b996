import posixpath
from typing import Literal
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.store.keys import is_key
from pipelines.formats.slugs import ListingId, hub_slug, is_plain, is_repository, is_slug, slug_of, split_id
from pipelines.registry.layout import RESERVED_NAMES, page_key, passport_copy_key

FORMS: tuple[Literal["NFC", "NFKC", "NFD", "NFKD"], ...] = ("NFC", "NFKC", "NFD", "NFKD")
PART = st.from_regex(r"[a-z0-9](?:-?[a-z0-9._]){0,20}", fullmatch=True)
OWNER_OR_NAME = st.text(alphabet="ab-._A", min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("listing_id", "parts"),
    [
        ("qwen/qwq-32b", ListingId("qwen/qwq-32b", None, alias=False)),
        ("qwen/qwen3-coder:free", ListingId("qwen/qwen3-coder", "free", alias=False)),
        ("~anthropic/claude-opus-latest", ListingId("anthropic/claude-opus-latest", None, alias=True)),
        ("~a/b:free", ListingId("a/b", "free", alias=True)),
    ],
)
def test_an_id_comes_apart(listing_id: str, parts: ListingId) -> None:
    assert split_id(listing_id) == parts


def test_a_slug_keeps_dots_and_turns_the_slash_into_a_hyphen() -> None:
    assert slug_of("anthropic/claude-3.7-sonnet") == "anthropic-claude-3.7-sonnet"


@given(PART, PART)
def test_every_plain_id_has_a_slug(author: str, name: str) -> None:
    assert is_plain(split_id(f"{author}/{name}"))
    assert is_slug(slug_of(f"{author}/{name}"))


@pytest.mark.parametrize(
    "listing_id",
    ["", "heron", "/heron", "heron/", "a/b/c", "A/b", "a/b c", "a/b\n", "../b", "-a/b", "a/b:", "a/b:x:y", "a/b:Free",
     "a/" + "b" * 200, "a/é", "a/b%2f", "~~a/b", "qwen/-qwq-32b", "qwen-/qwq-32b", "x/qwen--qwq-32b"],
)  # fmt: skip
def test_an_id_that_could_not_be_in_an_address_is_not_plain(listing_id: str) -> None:
    assert not is_plain(split_id(listing_id))


@pytest.mark.parametrize("repository", ["Qwen/QwQ-32B", "gpt2", "a/b_c.d-e", "a/_b", "espnet/" + "n" * 120])
def test_a_repository_is_named_by_the_rules_of_the_hub(repository: str) -> None:
    assert is_repository(repository)


@pytest.mark.parametrize(
    "repository",
    ["", "/", "a/", "/a", "a/b/c", "a//b", "a/-b", "a-/b", "a/b-", "a/.b", "a/b.", "a--b/c", "a/b--c", "a/b..c", "-a",
     "../b", "javascript:alert(1)", "https://huggingface.co/a/b", "a/b c", "a/b\n", "a/é", "a/" + "b" * 200],
)  # fmt: skip
def test_what_the_hub_lets_nobody_call_a_repository_is_none(repository: str) -> None:
    assert not is_repository(repository)


@given(OWNER_OR_NAME, OWNER_OR_NAME, OWNER_OR_NAME, OWNER_OR_NAME)
def test_no_repository_or_listing_takes_the_slug_of_another_repository(a: str, b: str, c: str, d: str) -> None:
    one, other = f"{a}/{b}", f"{c}/{d}"
    if not is_repository(one):
        return
    if is_repository(other) and one.lower() != other.lower():
        assert hub_slug(one) != hub_slug(other)
    if is_plain(split_id(other)):
        assert slug_of(other) != hub_slug(one)


TRICKS = st.one_of(
    st.text(max_size=30),
    st.text(
        alphabet="aAkK0123456789-._/~:%\\ \u212a\u0130\u017f\u00e9e\u0301\u200b\u202e\uff0e\u2024\u0000\n\r\t",
        max_size=20,
    ),
    st.lists(
        st.sampled_from([*RESERVED_NAMES, "..", ".", "con", "NUL", "com1", "~", "/", "-", "--", "\n"]), max_size=5
    ).map("".join),
)


@given(TRICKS)
def test_an_arbitrary_id_is_refused_or_has_a_key_of_its_own_below_its_prefix(text: str) -> None:
    named = [slug_of(split_id(text).base)] if is_plain(split_id(text)) else []
    named += [hub_slug(text)] if is_repository(text) else []
    for slug in named:
        assert slug.isascii()
        assert slug == slug.lower()
        copy, page = passport_copy_key(slug), page_key(slug)
        assert is_key(copy)
        assert is_key(page)
        assert posixpath.normpath(f"/{copy}") == f"/{copy}"
        assert copy.count("/") == 3
        assert "/" not in page
        assert page not in RESERVED_NAMES


@given(TRICKS)
def test_no_two_spellings_of_a_listing_s_id_share_a_slug_by_case_or_form(text: str) -> None:
    for other in {text.lower(), text.upper(), text.casefold(), *(normalize(form, text) for form in FORMS)} - {text}:
        if is_plain(split_id(text)) and is_plain(split_id(other)) and split_id(other).base != split_id(text).base:
            assert slug_of(split_id(text).base) != slug_of(split_id(other).base)
        if is_repository(text) and is_repository(other):
            assert text.lower() == other.lower()
