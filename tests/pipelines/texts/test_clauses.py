import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.formats.patterns import bits_in, needed_bits
from pipelines.texts.cards import read_claims
from pipelines.texts.clauses import MOST_BEGINNINGS, ClauseRules, _beginnings, clause_rules, clauses, expanded

SENTENCES = tomllib.loads((Path(__file__).parents[2] / "cards/anywhere.toml").read_text(encoding="utf-8"))
LEAST_SHARE = 0.8
"""Least share of the sentences that state a limit which are found outside sections about limits."""


def claimed(sentence: str) -> list[str | None]:
    card = f"# Heron\n\nHeron is a model for German.\n\n## Description\n\n{sentence}\n"
    return [claim.name or "plain" for claim in read_claims(card.encode()) if claim.quote in sentence]


def test_most_sentences_that_state_a_limit_are_found_in_any_section() -> None:
    missed = [sentence for sentence in SENTENCES["states"] if not claimed(sentence)]
    assert len(missed) <= (1 - LEAST_SHARE) * len(SENTENCES["states"]), missed


@pytest.mark.parametrize("sentence", SENTENCES["others"])
def test_sentences_that_sound_alike_and_state_no_limit_are_no_claims(sentence: str) -> None:
    assert claimed(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "mode"),
    [
        ("It should not be used in production.", "out-of-scope-use"),
        ("It understands English only.", "language-limited"),
        ("It has not been evaluated yet.", "untested-use"),
        ("Training was stopped early for lack of time.", "preview-release"),
        ("Generated facts are often wrong.", "confabulation"),
        ("The bot can be rude.", "harmful-content"),
        ("It fails on sarcasm.", "plain"),
        ("Some of the annotations are wrong.", "plain"),
        ("The widget gives wrong results.", "plain"),
        ("The reported score is probably too optimistic.", "plain"),
    ],
)
def test_a_clause_names_the_failure_mode_it_states(sentence: str, mode: str) -> None:
    assert claimed(sentence) == [mode]


@pytest.mark.parametrize(
    "sentence",
    [
        "It does not need much memory.",
        "Previous models fail on sarcasm.",
        "If it fails, install the newest version.",
        "It classifies whether an answer is wrong.",
        "Does it fail on sarcasm?",
    ],
)
def test_what_is_denied_asked_advised_or_stated_of_others_is_no_clause(sentence: str) -> None:
    assert claimed(sentence) == []


def test_clauses_of_a_text_without_full_stops_are_tried_at_its_first_beginnings_alone() -> None:
    assert claimed("Birds, " * 5 + "it fails on sarcasm.") == ["plain"]
    assert claimed("Birds, " * MOST_BEGINNINGS + "it fails on sarcasm.") == []


PLAIN_STARTS = re.compile(
    r"\A\W*|[,;:.(\u2013\u2014-]\s?|\b(?:but|although|though|because|since|as|(?<!means )(?<!mean )that|and"
    r"|however|note|hence|therefore|thus|unfortunately|currently|still|also|so far|so|for now|sadly|at the moment"
    r"|right now|in general|sometimes|often|as such|additionally|moreover|in practice) ",
    re.IGNORECASE,
)
PIECES = st.sampled_from(
    ["but", "But ", "as", "so", " far ", "that ", "means ", "in", " general", "it", "model", "_and ", "\u017fo ",
     "\u00e9", " ", "  ", ",", ". ", "-", "(", "\u2014", "\n", "\t", ":"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
@example("so far it fails, and that it breaks")
@example("- (but the model")
@example("it and " * 40)
def test_a_clause_begins_where_one_plain_expression_finds_what_precedes_it(words: str) -> None:
    found = [one.end() for one in PLAIN_STARTS.finditer(words)]
    assert _beginnings(words) == found[:MOST_BEGINNINGS]


def test_a_clause_that_is_passed_over_is_in_no_sentence() -> None:
    for sentence in [*SENTENCES["states"], *SENTENCES["others"]]:
        has = bits_in(sentence)
        for clause in clauses():
            if clause.pattern.compiled.search(sentence):
                assert all(bit & has for bit in clause.bits), (clause.pattern.pattern, sentence)


def test_a_clause_needs_the_letters_that_its_expression_with_all_words_needs() -> None:
    assert [clause.bits for clause in clauses()] == [
        needed_bits(clause.pattern.pattern, re.IGNORECASE) for clause in clauses()
    ]


def test_every_set_of_words_is_used_and_expanded() -> None:
    rules = clause_rules()
    patterns = [pattern for row in rules.rows for pattern in row.patterns]
    assert len(clauses()) == len(patterns)
    assert [name for name in rules.words if f"{{{name}}}" not in "".join([*patterns, *rules.words.values()])] == []
    assert not [clause for clause in clauses() if "{start}" in clause.pattern.pattern]


def test_a_set_that_the_table_has_not_is_refused() -> None:
    with pytest.raises(KeyError, match="tern"):
        expanded("a {tern} fails", {"gull": "gull"})


def test_a_model_by_its_own_name_is_the_model() -> None:
    def found(heading: str) -> bool:
        card = f"# {heading}\n\nA model.\n\n## Description\n\nBERTimbau fails on sarcasm.\n"
        return bool(read_claims(card.encode()))

    assert found("BERTimbau")
    assert not found("Heron")


def test_rules_of_a_version_without_clauses_have_none() -> None:
    assert ClauseRules.model_validate({}).rows == ()


def test_a_clause_of_an_unknown_failure_mode_is_refused() -> None:
    with pytest.raises(ValidationError, match="names the failure mode 'singing'"):
        ClauseRules.model_validate(
            {"clause": [{"mode": "singing", "kind": "limitation", "patterns": ["sings"]}]}, strict=False
        )
