import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.enrich.templates import LONGEST_QUOTED, LONGEST_VALUE, fill, in_words, quoted
from pipelines.formats.text import clean
from schemas.listing import Claim, Fact, FactValue
from tests.support.listings import listing


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("context_tokens", 1_048_576, "1,048,576 tokens"),
        ("price_condition:min_prompt_tokens", 200_000, "200,000 tokens"),
        ("price:input_cache_read", "0.000000037", "$0.037 per million tokens"),
        ("price:input_cache_read", "0", "$0 per million tokens"),
        ("price:request", "0.01", "0.01"),
        ("quantization_unstated", 3, "3"),
        ("quantizations", ("bf16", "fp8"), "bf16, fp8"),
        ("only_provider", " Marsh\n\u202eltd ", "Marsh ltd"),
        ("only_provider", "m" * 200, "m" * 79 + "…"),
    ],
)
def test_a_value_reads_as_in_a_sentence(name: str, value: FactValue, text: str) -> None:
    assert in_words(name, value) == text


@given(st.text())
def test_a_value_in_a_sentence_is_bounded_and_clean(value: str) -> None:
    stated = in_words("only_provider", value)
    assert len(stated) <= LONGEST_VALUE
    assert stated == clean(stated)
    assert "\n" not in stated


def test_a_value_is_never_obeyed_as_a_template() -> None:
    claims = {"only_provider": Claim(Fact("only_provider", "{expires_on}", "/x", "{expires_on}"), listing())}
    assert fill("served by {only_provider}", claims) == "served by {expires_on}"


def test_a_rule_that_names_a_fact_that_nobody_claims_fails() -> None:
    with pytest.raises(KeyError, match="expires_on"):
        fill("until {expires_on}", {})


def test_a_limit_in_a_sentence_is_the_text_that_states_it() -> None:
    fact = Fact("limit:privacy-leak", "It leaks.", "bytes:0-9", "It leaks.", "section")
    by_card = Claim(fact, listing().model_copy(update={"source": "huggingface-card"}))
    template = "{limit:privacy-leak} states a leak"
    assert fill(template, {fact.name: by_card}) == "its card states a leak"
    assert fill(template, {fact.name: Claim(fact, listing())}) == "its description states a leak"


def test_a_sentence_is_quoted_as_its_reader_sees_it() -> None:
    sentence = "It **cannot** read\n[maps](https://x.example) &amp; charts."
    claim = Claim(Fact("limit:plain-0", sentence, "/description", sentence, "pattern"), listing())
    assert quoted(claim) == 'its description states: "It cannot read maps & charts."'


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    sentence = f"It answers in {'many, ' * 60}languages, though it reads no maps."
    stated = quoted(Claim(Fact("limit:plain-0", sentence, "/description", sentence, "pattern"), listing()))
    assert stated.startswith('its description states: "It answers in many, ')
    assert stated.endswith(' languages, though it reads no maps."')
    assert " … " in stated


def test_a_proposal_is_of_the_text_that_it_was_made_from() -> None:
    fact = Fact("limit:plain-0", "It reads no maps.", "/proposals/0/quote", "It reads no maps.", "pattern")
    proposed = listing().model_copy(update={"source": "extraction", "id": "huggingface-card:HeronLab/Heron-7B"})
    assert quoted(Claim(fact, proposed)) == 'its card states: "It reads no maps."'


@given(st.text())
def test_a_quoted_sentence_is_bounded_and_clean(sentence: str) -> None:
    stated = quoted(Claim(Fact("limit:plain-0", sentence, "/description", sentence, "pattern"), listing()))
    assert len(stated) <= LONGEST_QUOTED
    assert stated == clean(stated)
    assert "\n" not in stated
