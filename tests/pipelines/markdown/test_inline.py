import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pipelines.markdown.inline import parsed_text, plain_text

PIECES = (
    *"a1. *_`[]()!&~\\<>:#\n\0\u00e9\u4e2d\u3002-",
    *(
        "**",
        "__",
        "~~",
        "](",
        "&amp;",
        "&a",
        "[a](b)",
        "[b c](https://x.y/z_1)",
        "`c d`",
        "**a b**",
        "*b*",
        "<b>",
        "\\_",
    ),
)
"""What lines are made of: each mark by itself, and whole links, code and emphasis."""

joined = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


def reference(line: str) -> str:
    """The words of a line, from the tokens of markdown-it as it is."""
    tokens = MarkdownIt("commonmark").enable("strikethrough").parseInline(line)[0].children or []
    breaks = {"softbreak": " ", "hardbreak": " "}
    seen = (breaks.get(one.type, one.content if one.type in {"text", "code_inline"} else "") for one in tokens)
    return " ".join("".join(seen).split())


def test_plain_text_is_what_a_reader_sees() -> None:
    assert plain_text("A **b** [c](d) `e` ![f](g) <i>h</i> \\* &amp; i\nj") == "A b c e h * & i j"


SIMPLE_PARTS = ("[a](b)", "`c`", "*d*", "**e**", "\\-", "\\*", "_", "_x_", "__", "~", "&", "amp;", "a", "b c", " ", ".")
"""Markup in the form that is read without parsing, and signs that mean something beside some characters alone."""


@given(st.lists(st.sampled_from(SIMPLE_PARTS), max_size=9).map("".join))
@example("a[b](c)_x_[d](e)f")
@example("a\\-_b_\\-c")
def test_simple_markup_and_its_neighbours_read_as_the_parser_reads_them(line: str) -> None:
    assert plain_text(line) == parsed_text(line)


@given(st.one_of(joined, st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)))
def test_a_line_reads_as_the_parser_reads_it(line: str) -> None:
    assert plain_text(line) == parsed_text(line) == reference(line)


@pytest.mark.parametrize(
    "line",
    [
        "It is a **small** model, trained on [our *texts*](https://x.y) of `a_b`.",
        "**a**b**c** and **d*e** and `**f**` and \\*g* and \\\\[h](i)",
        "See [W&B](https://w.b), [AT&amp;T](https://a.t), ![k](l), [m](javascript:n) and [o](<p q>).",
        "a_b_c _d_ __e__ f~g~ ~~h~~ 2 * 3 <i>j</i> <https://k.l>",
    ],
)
def test_simple_markup_beside_other_markup(line: str) -> None:
    assert plain_text(line) == reference(line)


@pytest.mark.parametrize("piece", ["[a", "**a", "*a ", "`a", "&a", "[a](b", "a_", "\\["])
def test_a_long_line_takes_no_longer(piece: str) -> None:
    line = piece * (6000 // len(piece))
    begun = time.process_time()
    plain_text(line)
    assert time.process_time() - begun < 1.0
