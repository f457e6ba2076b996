import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from benchmarks.cards import own_set
from pipelines.formats.patterns import WordPattern, bits_in, needed
from pipelines.rules.cards import CardRules, card_rules
from pipelines.rules.descriptions import description_rules
from pipelines.rules.languages import language_rules
from pipelines.rules.tables import table_text

EXPRESSIONS = [
    "halluc(?:inat)",
    r"\bin ?accura(?:te|cy)",
    "err?or|mistake",
    r"(?:no|not) sa?fe",
    "(?i:kin)ds?",
    "is(?=t)",
    "(?:gull|tern)s? (?:that|which) (?:can|does)(?: not|n.t) fly",
]


@pytest.mark.parametrize(
    ("expression", "letters"),
    [
        ("hallucinat|(?:in|not )accurate", [{"hallucinat", "accurate"}]), (r"\bBias(?:es|ed)?\b", [{"bias"}]),
        ("(?:abc)?def", [{"def"}]), ("(?:abc)+d", [{"abc"}]), ("(?:abc){0,2}", []), ("abc|", []), ("a.b.c", []),
        ("[ab]cd", []), ("(?!abc)x", []), ("(?<!abc)xyz", [{"xyz"}]), ("naïve", []), ("long|longer", [{"long"}]),
        ("it is (?:wrong|inaccurate)", [{"wrong", "inaccurate"}]), ("ab", []), ("(?>abc|bcd)", [{"abc", "bcd"}]),
        ("abc|bcd def", [{"abc", "bcd"}]), ("not (?:a )?(?:very )?accurate", [{"accurate"}, {"not"}]),
        ("(?:un|)tested(?= (?:on|with) data)", [{"tested"}, {"data"}]), ("(?<=the )gull|a tern", [{"gull", "tern"}]),
        ("\u0130\u017fla", [{"isla"}]),
    ],
)  # fmt: skip
def test_letters_are_those_that_every_match_has(expression: str, letters: list[set[str]]) -> None:
    assert list(needed(expression, re.IGNORECASE)) == letters


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


def test_rules_are_read_without_compiling_what_no_text_has_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_one, compiled = re.compile, []

    def noted(pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        compiled.append(pattern)
        return compile_one(pattern, flags)

    monkeypatch.setattr(re, "compile", noted)
    rules = CardRules.model_validate(tomllib.loads(table_text("cards.toml")), strict=False)
    assert compiled == []
    assert rules.in_section.first("the model may hallucinate facts")
    assert 0 < len(compiled) < 10


def test_what_is_no_expression_is_refused_when_its_rule_is_read() -> None:
    with pytest.raises(re.error, match="missing \\), unterminated subpattern"):
        WordPattern(["tern", "(gull"])


def test_an_expression_finds_letters_in_a_text_that_was_searched_before_it_was_made() -> None:
    text = "an uncommon plover"
    assert OURS.search(text) is None
    assert WordPattern(["plover"]).search(text)


def test_a_letter_that_expressions_take_for_another_hides_none_and_costs_nothing() -> None:
    plain = "the tern does not know istanbul, nor kelvin"
    written = "the tern doe\u017f not know \u0130stanbul, nor \u212aelv\u0131n"
    assert bits_in(written) == bits_in(plain) != bits_in("a gull")
    assert WordPattern(["istanbul"], re.IGNORECASE).search(written)
    assert WordPattern(["gull"], re.IGNORECASE).search(written) is None


def test_the_first_row_is_that_of_which_a_text_matches_an_expression() -> None:
    tables = [card_rules().in_section, card_rules().anywhere]
    lines = [line for card in own_set() for line in card.card.decode().splitlines() if line][::7]
    for line in [*lines, "\u0130 it is \u017flow", ""]:
        for table, fields in zip(tables, (("pattern", "anywhere"), ("anywhere",)), strict=True):
            matching = (row for row in card_rules().wordings if any(getattr(row, one).search(line) for one in fields))
            assert table.first(line) is next(matching, None)


OURS = WordPattern(EXPRESSIONS, re.IGNORECASE)
WORDS = st.sampled_from(
    [
        "Hallucinat",
        "in accuracy",
        "error",
        "\u017fafe",
        "not sAfe",
        "\u212aind",
        "ist",
        "i\u017ft",
        "bias",
        " ",
        "gull",
        " that",
        "n't fly",
        "tern",
    ]
)


@given(st.lists(WORDS, max_size=6).map("".join), st.integers(0, 12))
def test_a_text_is_searched_as_re_searches_it(text: str, start: int) -> None:
    ours, plain = OURS, re.compile("|".join(EXPRESSIONS), re.IGNORECASE)
    match, expected = ours.search(text, start), plain.search(text, start)
    assert (match and match.span()) == (expected and expected.span())
    assert ours.sub("-", text) == plain.sub("-", text)


@given(st.text("abchlunit sfekdor-.", max_size=40))
def test_no_match_is_where_letters_say_that_none_may_be(text: str) -> None:
    pattern = WordPattern(EXPRESSIONS, re.IGNORECASE)
    found = [one.span() for one in re.finditer(pattern.pattern, text, re.IGNORECASE)]
    assert [one.span() for one in pattern.finditer(text)] == found
    assert pattern.may_match(text) or not found
