import time
import tomllib
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.rules.cards import CardRules, card_rules
from pipelines.rules.rulebook import stated_limits
from pipelines.texts.cards import read_claims

CARDS = Path(__file__).parents[2] / "cards"
LONGEST_READING_S = 5
"""Most seconds of a card of half a megabyte; ten times what the slowest takes."""
LABELLED: list[dict[str, Any]] = tomllib.loads((CARDS / "labelled.toml").read_text(encoding="utf-8"))["card"]


def catalogue(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("pipelines").joinpath("rules", name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", LABELLED, ids=[row["name"] for row in LABELLED])
def test_labelled_cards(row: dict[str, Any]) -> None:
    claims = read_claims(row["text"].encode())
    assert [[claim.kind, claim.name or "plain", claim.quote] for claim in claims] == row["claims"]


def test_a_whole_card() -> None:
    card = (CARDS / "full.md").read_bytes()
    claims = read_claims(card)
    assert [(claim.name, claim.method) for claim in claims] == [
        ("confabulation", "section"),
        ("language-limited", "section"),
        ("not-for-high-stakes", "section"),
    ]
    assert card[claims[0].start : claims[0].end].decode() == claims[0].quote
    assert claims[0].quote.startswith("Heron may produce **inaccurate** dates")


def test_line_ends_do_not_change_what_is_claimed() -> None:
    for row in LABELLED:
        text = row["text"]
        modes = [(claim.kind, claim.name) for claim in read_claims(text.encode())]
        for end in ("\r\n", "\r"):
            card = text.replace("\n", end).encode()
            assert [(claim.kind, claim.name) for claim in read_claims(card)] == modes
        marked = b"\xef\xbb\xbf" + text.encode()
        assert [(claim.kind, claim.name) for claim in read_claims(marked)] == modes


def test_other_languages_are_quoted_and_say_so() -> None:
    (claim,) = read_claims("## Einschränkungen\n\nDas Modell ist nicht für die Medizin.\n".encode())
    assert (claim.name, claim.kind) == ("not-for-high-stakes", "out_of_scope")


def test_abilities_are_never_read_from_a_card() -> None:
    assert read_claims(b"# Heron\n\n## Capabilities\n\nIt supports tool calling and reads images without fail.\n") == ()


def test_that_something_does_not_change_what_a_model_can_do_is_no_limit() -> None:
    stated = "Pruning does not alter the intended uses or capabilities of the heron. It does not support images."
    claims = read_claims(f"# Heron\n\n## Limitations\n\n{stated}\n".encode())
    assert [claim.quote for claim in claims] == ["It does not support images."]


@pytest.mark.parametrize("heading", ["Limitations", "Bias", "Risks"])
@pytest.mark.parametrize(
    "text",
    [
        "The model does NOT:\n\n- hallucinate\n- produce toxic output",
        "It never:\n\n- makes mistakes\n- leaks personal data",
        "The model has not been found to hallucinate.",
        "The model has never been observed to generate harmful content.",
        "No hallucinations were observed in testing.",
        "No toxic output has been found.",
        "It never makes mistakes.",
        "It does not make any errors.",
        "It does not discriminate against anyone.",
        "It does not leak personal data.",
        "We found no evidence that the model is biased.",
        "There are no signs of toxicity.",
        "Our testers did not observe any stereotypes.",
        "None known.",
        "None that we are aware of at this time.",
        "Nothing to report.",
        "Our model does not.",
        "GPT-3 may hallucinate.",
        "Llama 2 may generate toxic content.",
        "The original Mistral 7B can produce incorrect answers.",
        "Older versions often made mistakes.",
        "The baseline model may produce incorrect answers, while ours does not.",
        "Larger models may invent facts, but this model does not.",
        "The `torch_dtype` argument is deprecated.",
        "The v1 checkpoint is deprecated; please use this one.",
        "Version 1.0 is deprecated.",
        "`AutoModelWithLMHead` is deprecated.",
        "The model flags text that may contain harmful content.",
        "It detects prompts which could be unsafe.",
        "Allocate at least 64K, as it may need all of it.",
        "In a related post the developers delve into the limits of detection.",
        "llama.cpp does not support function calling yet.",
        "Ollama currently does not support tool calling for it.",
    ],
)
def test_a_denial_and_what_is_stated_of_something_else_state_nothing(heading: str, text: str) -> None:
    assert read_claims(f"# Heron\n\n## {heading}\n\n{text}\n".encode()) == ()
    assert read_claims(f"# Heron\n\n{text}\n".encode()) == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "It cannot read handwriting.",
        "It does not understand dialects.",
        "It may not follow long prompts.",
        "The model is not free of bias.",
        "The model has not been found to be free of bias.",
        "There is no evidence that the model is free of bias.",
        "No bias analysis has been done.",
        "We did not measure bias.",
        "It does not reliably detect errors.",
        "Nothing prevents it from making errors.",
        "It is not suitable for children.",
        "Older versions of Python are not supported.",
        "Llama 2 weights were its base, so this model may hallucinate.",
        "The model may fail to flag text that may contain harmful content.",
    ],
)
def test_a_limit_in_negative_words_stays_one(sentence: str) -> None:
    claims = read_claims(f"# Heron\n\n## Limitations\n\n{sentence}\n".encode())
    assert [claim.quote for claim in claims] == [sentence]


@pytest.mark.parametrize(
    "card",
    [
        "# Llama 2\n\n## Limitations\n\nLlama 2 may hallucinate.",
        "The Mistral-7B model is small.\n\n## Risks\n\nMistral 7B may hallucinate.",
    ],
)
def test_a_model_that_the_card_has_for_its_own_is_no_other(card: str) -> None:
    assert [claim.name for claim in read_claims(card.encode())] == ["confabulation"]


@pytest.mark.parametrize(
    ("heading", "text", "stated"),
    [
        ("Einschränkungen", "Lizenz: MIT", 0),
        ("Einschränkungen", "Das Modell hat keine bekannten Vorurteile.", 0),
        ("Einschränkungen", "Das Modell hat keine Filter.", 1),
        ("局限性", "模型没有偏见。", 0),
        ("局限性", "模型不会产生幻觉。", 0),
        ("局限性", "该模型并非没有偏见。", 1),
        ("局限性", "不能保证没有偏差。", 1),
        ("局限性", "许可证\uff1aMIT", 0),
        ("Limites", "Le modèle n'a pas de biais.", 0),
        ("Limites", "Le modèle n'est pas exempt de biais.", 1),
        ("Limitaciones", "El modelo no tiene sesgos.", 0),
        ("Limitaciones", "El modelo no entiende los dialectos.", 1),
    ],
)
def test_labels_and_plain_denials_in_other_languages_state_nothing(heading: str, text: str, stated: int) -> None:
    assert len(read_claims(f"## {heading}\n\n{text}\n".encode())) == stated


def test_every_failure_mode_is_in_the_catalogue() -> None:
    assert {wording.mode for wording in card_rules().wordings} <= stated_limits().keys()


def test_a_wording_of_a_failure_mode_that_no_catalogue_has_is_refused() -> None:
    table = catalogue("cards.toml")
    table["wording"][0]["mode"] = "bad-weather"
    with pytest.raises(ValidationError, match="bad-weather"):
        CardRules.model_validate(table, strict=False)


@pytest.mark.parametrize(
    "word",
    ["not ", "may ", "a", "a ", "never ", "no errors ", "the model ", "developers, ", "x: ", "bias ", "(", "we ", "1 "],
)
def test_long_sentences_do_not_stall_the_patterns(word: str) -> None:
    begun = time.process_time()
    read_claims(b"# Limitations\n\n" + word.encode() * 2000)
    read_claims(b"# Limitations\n\n" + (word * (1100 // len(word))).encode())
    read_claims(b"# Limitations\n\n| a |\n|---|\n| " + (f"1 {word}" * 20_000).encode() + b" |\n")
    assert time.process_time() - begun < 10, "a pattern that backtracks takes minutes here"


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(noise: bytes) -> None:
    card = b"# Limitations\n\nIt may fail. " + noise
    claims = read_claims(card)
    assert all(card[claim.start : claim.end].decode("utf-8", "replace") == claim.quote for claim in claims)
    assert all(before.end <= after.start for before, after in pairwise(claims))


@pytest.mark.parametrize(
    "card",
    [
        b"It may fail now\n" * 31_000, b"# Limitations\n\n" + b"It may fail now\n" * 31_000,
        b"# Limitations\n\n" + b"- it may fail\n" * 36_000, b"# Limitations\n\n" + b"it may fail\n\n" * 38_000,
        b"# Limitations\n\n" + b"It may fail now. " * 29_000,
        b"# Limitations\n\n|a|b|\n|-|-|\n" + b"|it may fail now.|it cannot do.|\n" * 15_000,
    ],
    ids=["short lines", "short lines of limits", "items", "paragraphs", "one line", "table"],
)  # fmt: skip
def test_the_largest_card_of_short_lines_is_read_within_a_bound(card: bytes) -> None:
    begun = time.process_time()
    read_claims(card)
    assert time.process_time() - begun < LONGEST_READING_S, "0.5 s on a slow machine: a quadratic step takes minutes"
