import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.inline import plain_text
from pipelines.rules.descriptions import description_rules
from pipelines.texts.prefilter import RuleIndex, may_match, possible_words, words_in
from tests.support.recordings import openrouter_models, recorded_days

WORDS = [
    "supports", "tool", "calling", "images", "and", "text", "inputs", "may", "hallucinate", "is", "deprecated", "not",
    "does", "support", "json", "mode", "an", "experimental", "model", "pre-release", "can't", "rate", "limited", "used",
    "prompts", "are", "to", "train", "structured", "outputs", "parallel", "video", "pdf", "audio", "uncensored", "no",
    "safety", "but", "English-only", "thinking", "cannot", "be", "disabled", "\u0130mages", "\u017fupports", "é",
]  # fmt: skip
MARKS = ["*", "**", "_", "`", "~~", "[", "](/x)", "](", ")", "<b>", "</b>", "<", ">", "!", "\\", "&amp;", "&#105;", " ",
         " ", ". ", "\n", "\0", "\ud800", "-", "."]  # fmt: skip
AROUND = [("**", "**"), ("[", "](/x)"), ("<b>", "</b>"), ("` ", " `"), ("`", "`"), ("_", "_"), ("![", "](/x)")]


@st.composite
def marked_words(draw: st.DrawFn) -> str:
    """A word with marks in it, or with marks around its beginning or its end."""
    word = draw(st.sampled_from(WORDS))
    at = draw(st.integers(1, 5))
    mark, (begin, end) = draw(st.sampled_from(MARKS)), draw(st.sampled_from(AROUND))
    inside, before, behind = f"{mark}{word[at:]}", f"{begin}{word[:at]}{end}{word[at:]}", f"{begin}{word[at:]}{end}"
    return draw(st.sampled_from([word[:at] + inside, before, word[:at] + behind, word.upper()]))


PIECES = st.sampled_from(WORDS) | st.sampled_from(MARKS) | marked_words()
MARKDOWN = st.builds(str.join, st.sampled_from([" ", ""]), st.lists(PIECES, max_size=14))


@pytest.mark.parametrize(
    ("markdown", "seen"),
    [
        ("Tool-calling!", {"tool", "calling"}),
        ("**Tool** _calling_, `json`", {"tool", "calling", "json"}),
        ("tool_use", {"tool", "use"}),
        ("a [tool](https://x.example) call", {"a", "tool", "https", "x", "example", "call"}),
        ("caf\u00e9 image", {"caf", "image"}),
        ("\u0130mages \u017fupport \u212aeys \u0131n", {"images", "support", "keys", "in"}),
    ],
)
def test_the_words_of_a_text_are_seen_without_rendering_it(markdown: str, seen: set[str]) -> None:
    assert possible_words(markdown) == seen


@pytest.mark.parametrize(
    "markdown",
    [
        "to**ol**",
        "to[ol](/x)s",
        "[to](/x)ol",
        "to<b>ol</b>",
        "<b>to</b>ol",
        "to&#111;l",
        "to` ol `",
        "tool\\s",
    ],
)
def test_a_word_that_may_be_joined_by_rendering_is_not_denied(markdown: str) -> None:
    assert possible_words(markdown) is None
    assert may_match(possible_words(markdown), (frozenset({"anything"}),))


@pytest.mark.parametrize("unit", [">", ">*", ")>", "a>", "_", "&", "`", "<"])
def test_a_text_of_marks_is_soon_looked_at(unit: str) -> None:
    begun = time.process_time()
    possible_words(unit * (100_000 // len(unit)))
    assert time.process_time() - begun < 1.0


@given(MARKDOWN)
def test_no_word_that_a_reader_sees_is_denied(markdown: str) -> None:
    seen, shown = possible_words(markdown), words_in(plain_text(markdown))
    assert seen is None or shown <= seen


@given(MARKDOWN)
def test_a_text_that_fits_a_row_holds_the_words_that_the_row_needs(markdown: str) -> None:
    _fits_only_what_it_may(markdown)


@given(st.text(max_size=200))
def test_any_text_can_be_looked_at(markdown: str) -> None:
    _fits_only_what_it_may(markdown)


@pytest.mark.recordings
def test_no_recorded_description_fits_a_row_that_the_prefilter_denies() -> None:
    for description in {
        record.get("description") or "" for day in recorded_days() for record in openrouter_models(day)
    }:
        _fits_only_what_it_may(description)


def _fits_only_what_it_may(markdown: str) -> None:
    rendered = plain_text(markdown)
    for row in description_rules().rows:
        if row.pattern.search(rendered):
            assert may_match(possible_words(markdown), row.needs), row
            assert may_match(words_in(rendered), row.needs), row


@given(st.one_of(st.none(), st.sets(st.sampled_from(["not", "suitable", "deprecated", "english", "vision", "tool"]))))
def test_the_index_finds_the_rules_that_a_search_of_all_finds(words: set[str] | None) -> None:
    rules = description_rules().rows
    assert RuleIndex(rules).possible(words) == [rule for rule in rules if may_match(words, rule.needs)]


def test_a_rule_that_needs_no_words_is_always_possible() -> None:
    always = SimpleNamespace(needs=())
    assert RuleIndex([always]).possible({"any"}) == [always]
