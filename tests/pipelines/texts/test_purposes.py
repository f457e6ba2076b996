"""Sentences that state what their model is for, and sentences that only sound like it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.sentences import read_body
from pipelines.texts.purposes import LONGEST_QUOTE_CHARS, card_purposes, description_purposes, purposes_in
from pipelines.texts.subjects import names_of
from schemas.listing import Fact

HERON = names_of("heron-lab/heron-7b", "Heron Lab: Heron 7B")


def described(text: str) -> list[str]:
    return [fact.name.removeprefix("purpose:") for fact in description_purposes(text, "/description", HERON)]


@pytest.mark.parametrize(
    ("text", "purposes"),
    [
        ("Heron 7B is built for software engineering and for long-horizon agents.", ["coding", "agents"]),
        ("Heron 7B is a coding model.", ["coding"]),
        ("It merges an edit snippet into a file: a fast apply model for code.", ["code-editing", "coding"]),
        ("It excels at operating a GUI and at browser automation.", ["computer-use"]),
        ("A finetune for immersive roleplay and storytelling.", ["role-play", "creative-writing"]),
        ("Designed for machine translation between Swedish and Finnish.", ["translation"]),
        ("Strong at math, and it can be used for STEM tutoring.", ["mathematics", "science", "education"]),
        ("Heron 7B is optimized for retrieval and reranking.", ["retrieval", "reranking"]),
        ("Heron 7B is a model for web search.", ["web-search"]),
        ("It is intended for content moderation.", ["moderation"]),
        ("Tuned for text-to-SQL.", ["sql"]),
        ("It is suited for long documents and customer support.", ["long-documents", "customer-support"]),
        ("Use cases include finance, clinical notes and legal review.", ["finance", "medicine", "law"]),
        ("Heron 7B is designed for multilingual dialogue.", ["multilingual", "chat"]),
        ("It is optimized for OCR, charts and video understanding.", ["documents", "vision"]),
        ("Built for transcription.", ["transcription"]),
        ("Heron is a text-to-speech model.", ["speech"]),
        ("Heron is an image generation model.", ["image-making"]),
        ("Heron is a video generation model.", ["video-making"]),
        ("Heron is a music model.", ["music"]),
        (
            "It is ideal for summarization, named entity recognition and spreadsheets.",
            ["summarisation", "extraction", "data-analysis"],
        ),
        ("Made for deep research and professional work.", ["research", "knowledge-work"]),
        ("Heron is a research-focused model designed for multi-step retrieval.", ["research", "retrieval"]),
        ("Heron is a reasoning model.", ["reasoning"]),
        ("Heron 7B has strong coding capabilities, built for agents in...", ["coding", "agents"]),  # cut off
    ],
)
def test_a_description_states_what_its_model_is_for(text: str, purposes: list[str]) -> None:
    assert described(text) == purposes


@pytest.mark.parametrize(
    "text",
    [
        "Heron 7B is not intended for medical or legal use.",
        "It is not designed or optimized for coding.",
        "It was never built for agents.",
        "Heron 7B isn't suited for translation.",
        "It is better than coding models of its size.",
        "Compared to code models, it is small.",
        "Unlike agents for research, it answers at once.",
        "GPT-4 is designed for coding.",
        "Is it built for coding?",
        "It builds on the coding strengths of earlier versions.",
        "It comes with a sparse attention mechanism designed for long contexts.",
        "A 7B model without a code licence.",
        "Send a request without choosing a code path.",
        "See our code on the web.",
        "It rivals models for translation.",
        "",
    ],
)
def test_negations_comparisons_and_other_models_never_count(text: str) -> None:
    assert described(text) == []


def test_a_denial_before_one_use_leaves_the_others() -> None:
    assert described("Heron 7B is intended for coding, not for translation.") == ["coding"]
    assert described("It is not made for speed, and it excels at coding.") == ["coding"]


def test_each_purpose_is_quoted_once_in_the_order_of_the_text() -> None:
    text = "Made for agents.  It is a *fast* model built for coding. It is built for agents and coding."
    first, second = description_purposes(text, "/description", HERON)
    assert first == Fact("purpose:agents", True, "/description", "Made for agents.", "pattern")
    assert (second.name, second.as_stated) == ("purpose:coding", "It is a *fast* model built for coding.")


def test_what_cannot_be_quoted_states_nothing() -> None:
    assert described("Built for coding\u202e and agents.") == []
    assert described("Built for coding" + " and more" * LONGEST_QUOTE_CHARS + ".") == []


CARD = b"""---
license: mit
---
# Heron 7B

We wrote this code for a paper on translation. Heron 7B is a model for summarization.

## Intended use

Drafting unit tests and other code.

- Customer support chat
- Is it for you?
- [ ] Translation

See the code [here](https://example.org/code).

### Out-of-scope use

Medical advice.

## Training data

It was trained for math on a corpus of legal texts.
"""


def test_a_card_states_purposes_where_it_speaks_of_its_use_or_of_the_model_itself() -> None:
    found = card_purposes(CARD, read_body(CARD, read_front_matter(CARD).body_offset), HERON)
    assert [(fact.name, fact.method) for fact in found] == [
        ("purpose:coding", "section"), ("purpose:customer-support", "section"), ("purpose:chat", "section"),
        ("purpose:summarisation", "pattern"),
    ]  # fmt: skip
    for fact in found:
        start, end = map(int, fact.locator.removeprefix("bytes:").split("-"))
        assert CARD[start:end].decode() == fact.as_stated


def test_under_a_heading_about_uses_and_limits_the_uses_are_purposes() -> None:
    told = "You can use it for translation. It is not intended for summarization. It fails in coding tasks."
    card = f"## Intended uses & limitations\n\n{told}\n".encode()
    assert [(fact.name, fact.as_stated) for fact in card_purposes(card, read_body(card))] == [
        ("purpose:translation", "You can use it for translation.")
    ]


def test_a_list_of_misuses_states_no_purpose() -> None:
    card = b"## Uses\n\nIt should not be used for:\n\n- medical advice\n- legal advice\n"
    assert card_purposes(card, read_body(card)) == []


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for fact in description_purposes(text, "/description", HERON):
        assert str(fact.as_stated) in text
    assert purposes_in(text, HERON, "card") is not None


@pytest.mark.parametrize(
    "filler", ["designed for ", "is a coding ", "not for code, ", "model ", "; but code ", "a" * 50 + " "]
)
def test_no_text_takes_long(filler: str) -> None:
    sentence = (filler * LONGEST_QUOTE_CHARS)[: LONGEST_QUOTE_CHARS - 2] + ". "
    begun = time.perf_counter()
    description_purposes(sentence.capitalize() * 3000, "/description", HERON)
    assert time.perf_counter() - begun < 10
