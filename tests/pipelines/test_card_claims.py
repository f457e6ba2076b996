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

from pipelines.card_claims import read_claims
from pipelines.card_rules import CardRules, card_rules
from pipelines.rulebook import stated_limits

CARDS = Path(__file__).parent / "cards"
LABELLED: list[dict[str, Any]] = tomllib.loads((CARDS / "labelled.toml").read_text(encoding="utf-8"))["card"]


def catalogue(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("pipelines").joinpath("rules", name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", LABELLED, ids=[row["name"] for row in LABELLED])
def test_labelled_cards(row: dict[str, Any]) -> None:
    claims = read_claims(row["text"].encode())
    assert [[claim.kind, claim.failure_mode or "plain", claim.quote] for claim in claims] == row["claims"]


def test_a_whole_card() -> None:
    card = (CARDS / "full.md").read_bytes()
    claims = read_claims(card)
    assert [(claim.failure_mode, claim.section_heading, claim.method, claim.language) for claim in claims] == [
        ("confabulation", "Bias, Risks, and Limitations", "section", "en"),
        ("language-limited", "Bias, Risks, and Limitations", "section", "en"),
        ("not-for-high-stakes", "Out-of-Scope Use", "section", "en"),
    ]
    assert card[claims[0].start : claims[0].end].decode() == claims[0].quote
    assert claims[0].quote.startswith("Heron may produce **inaccurate** dates")


def test_line_ends_do_not_change_what_is_claimed() -> None:
    for row in LABELLED:
        text = row["text"]
        modes = [(claim.kind, claim.failure_mode) for claim in read_claims(text.encode())]
        for end in ("\r\n", "\r"):
            card = text.replace("\n", end).encode()
            assert [(claim.kind, claim.failure_mode) for claim in read_claims(card)] == modes
        marked = b"\xef\xbb\xbf" + text.encode()
        assert [(claim.kind, claim.failure_mode) for claim in read_claims(marked)] == modes


def test_other_languages_are_quoted_and_say_so() -> None:
    (claim,) = read_claims("## Einschränkungen\n\nDas Modell ist nicht für die Medizin.\n".encode())
    assert (claim.language, claim.failure_mode, claim.kind) == ("other", None, "limitation")


def test_abilities_are_never_taken_from_a_card() -> None:
    assert read_claims(b"# Heron\n\n## Capabilities\n\nIt supports tool calling and reads images without fail.\n") == ()


def test_that_something_does_not_change_what_a_model_can_do_is_no_limit() -> None:
    told = "Pruning does not alter the intended uses or capabilities of the heron. It does not support images."
    claims = read_claims(f"# Heron\n\n## Limitations\n\n{told}\n".encode())
    assert [claim.quote for claim in claims] == ["It does not support images."]


def test_every_failure_mode_is_in_the_catalogue() -> None:
    assert {wording.mode for wording in card_rules().wordings} <= stated_limits().keys()


def test_a_wording_of_a_failure_mode_that_no_catalogue_has_is_refused() -> None:
    table = catalogue("cards.toml")
    table["wording"][0]["mode"] = "bad-weather"
    with pytest.raises(ValidationError, match="bad-weather"):
        CardRules.model_validate(table, strict=False)


@pytest.mark.parametrize("word", ["not ", "may ", "a ", "the model ", "developers, ", "x: ", "bias ", "(", "we "])
def test_long_sentences_do_not_stall_the_patterns(word: str) -> None:
    begun = time.process_time()
    read_claims(b"# Limitations\n\n" + word.encode() * 2000)
    read_claims(b"# Limitations\n\n" + (word * (1100 // len(word))).encode())
    assert time.process_time() - begun < 10, "a pattern that backtracks takes minutes here"


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(noise: bytes) -> None:
    card = b"# Limitations\n\nIt may fail. " + noise
    claims = read_claims(card)
    assert all(card[claim.start : claim.end].decode("utf-8", "replace") == claim.quote for claim in claims)
    assert all(before.end <= after.start for before, after in pairwise(claims))
