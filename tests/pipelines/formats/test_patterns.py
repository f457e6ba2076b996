import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from benchmarks.cards import own_set
from pipelines.formats.patterns import WordPattern, needed
from pipelines.rules.cards import card_rules
from pipelines.rules.descriptions import description_rules
from pipelines.rules.languages import language_rules

EXPRESSIONS = [
    "halluc(?:inat)",
    r"\bin ?accura(?:te|cy)",
    "err?or|mistake",
    r"(?:no|not) sa?fe",
    "(?i:kin)ds?",
    "is(?=t)",
]


@pytest.mark.parametrize(
    ("expression", "letters"),
    [
        ("hallucinat|(?:in|not )accurate", {"hallucinat", "accurate"}), (r"\bBias(?:es|ed)?\b", {"bias"}),
        ("(?:abc)?def", {"def"}), ("(?:abc)+d", {"abc"}), ("(?:abc){0,2}", None), ("abc|", None), ("a.b.c", None),
        ("[ab]cd", None), ("(?!abc)x", None), ("(?<!abc)xyz", {"xyz"}), ("naïve", None), ("long|longer", {"long"}),
        ("it is (?:wrong|inaccurate)", {"wrong", "inaccurate"}), ("ab", None), ("(?>abc|bcd)", {"abc", "bcd"}),
    ],
)  # fmt: skip
def test_letters_are_those_that_every_match_has(expression: str, letters: set[str] | None) -> None:
    assert needed(expression, re.IGNORECASE) == letters


def patterns(model: object) -> Iterator[WordPattern]:
    """Every expression of a table of rules."""
    if isinstance(model, WordPattern):
        yield model
    elif isinstance(model, BaseModel):
        for name in type(model).model_fields:
            yield from patterns(getattr(model, name))
    elif isinstance(model, tuple):
        for one in model:
            yield from patterns(one)


def test_the_rules_find_in_cards_what_their_expressions_find() -> None:
    found = [*patterns(card_rules()), *patterns(description_rules()), *patterns(language_rules())]
    plain = [re.compile(one.pattern, re.IGNORECASE) for one in found]
    lines = [line for card in own_set() for line in card.card.decode().splitlines() if line][::7]
    hits = 0
    for line in lines:
        for one, other in zip(found, plain, strict=True):
            match, expected = one.search(line), other.search(line)
            assert (match and match.span()) == (expected and expected.span()), (one.pattern, line)
            hits += match is not None
    assert hits > len(lines)


OURS = WordPattern(EXPRESSIONS, re.IGNORECASE)
WORDS = st.sampled_from(
    ["Hallucinat", "in accuracy", "error", "\u017fafe", "not sAfe", "\u212aind", "ist", "i\u017ft", "bias", " "]
)


@given(st.lists(WORDS, max_size=6).map("".join), st.integers(0, 12))
def test_a_text_is_searched_as_re_searches_it(text: str, start: int) -> None:
    ours, plain = OURS, re.compile("|".join(EXPRESSIONS), re.IGNORECASE)
    match, expected = ours.search(text, start), plain.search(text, start)
    assert (match and match.span()) == (expected and expected.span())


@given(st.text("abchlunit sfekdor-.", max_size=40))
def test_no_match_is_where_letters_say_that_none_may_be(text: str) -> None:
    pattern = WordPattern(EXPRESSIONS, re.IGNORECASE)
    found = [one.span() for one in re.finditer(pattern.pattern, text, re.IGNORECASE)]
    assert [one.span() for one in pattern.finditer(text)] == found
    assert pattern.may_match(text) or not found
