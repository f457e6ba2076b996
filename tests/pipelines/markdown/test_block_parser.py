"""Blocks are those that the library finds, token for token."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from benchmarks.cards import own_set
from pipelines.markdown.block_parser import DEEPEST, parse_blocks

LIBRARY = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table")
LIBRARY.core.ruler.enableOnly(["normalize", "block"])

BEGINNINGS = (
    "", "", "a", "a b", "a | b", "1. ", "2) a", "12", "- ", "* a", "+ ", "-", "*", "---", "- - -", "***", "===", "=",
    "|---|---|", "|-|", ":-: | -", "| a |", "> ", ">", "> a", "# ", "#", "#a", "```", "~~~ x", "``", "<p>", "<!--",
    "-->", "</p>", "<a", "[x]: y", "[x]", "[", "[x]:", "    ", "\t", "\u3000", "\u00a0a", "\x0b", "_", "__", "&amp;",
    "\\# a", "\u00e9", ": a",
)  # fmt: skip
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "", "", " ", "  ", "    ", "\t", "> ", ">", "- ", "1. ", "   - "]),
    st.sampled_from(BEGINNINGS),
    st.sampled_from(["", "", " b", "a", " | c", "   ", " #"]),
)


def assert_same(text: str) -> None:
    assert [one.as_dict() for one in parse_blocks(text)] == [one.as_dict() for one in LIBRARY.parse(text)]


@given(st.lists(LINES, max_size=12).map("\n".join) | st.text("ab>-=|#\n `1.", max_size=40))
@example("a\n\n" * 3)
@example("> a\nb\n===")
@example("- a\n\n      code\n  b\n---")
@example("- a\n- b\nc\n> d\n1. e\n2. f")
@example("a | b\n-|-\nc | d\n1. e\n")
@example("> - a\n>   b\nc\n    d\n- e")
@example(">" * (DEEPEST + 5) + " a\nb")
@example("- " * (DEEPEST + 5) + "a\n\nb")
def test_a_text_has_the_blocks_that_the_library_finds(text: str) -> None:
    assert_same(text)


@pytest.mark.parametrize("card", [one.card.decode() for one in own_set()][::5])
def test_a_card_has_the_blocks_that_the_library_finds(card: str) -> None:
    assert_same("\n".join(card.splitlines()))
