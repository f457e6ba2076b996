import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.text import clean
from pipelines.weighing import Claim
from pipelines.wording import LONGEST_VALUE, fill, spoken
from schemas.listing import Fact, FactValue
from tests.pipelines.listings import listing


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("context_tokens", 1_048_576, "1,048,576 tokens"),
        ("price_condition:min_prompt_tokens", 200_000, "200,000 tokens"),
        ("quantization_unstated", 3, "3"),
        ("quantizations", ("bf16", "fp8"), "bf16, fp8"),
        ("only_provider", " Marsh\n\u202eltd ", "Marsh ltd"),
        ("only_provider", "m" * 200, "m" * 79 + "…"),
    ],
)
def test_a_value_reads_as_in_a_sentence(name: str, value: FactValue, text: str) -> None:
    assert spoken(name, value) == text


@given(st.text())
def test_a_value_in_a_sentence_is_bounded_and_clean(value: str) -> None:
    said = spoken("only_provider", value)
    assert len(said) <= LONGEST_VALUE
    assert said == clean(said)
    assert "\n" not in said


def test_a_value_is_never_obeyed_as_a_template() -> None:
    claims = {"only_provider": Claim(Fact("only_provider", "{expires_on}", "/x", "{expires_on}"), listing())}
    assert fill("served by {only_provider}", claims) == "served by {expires_on}"


def test_a_rule_that_names_a_fact_that_nobody_claims_fails() -> None:
    with pytest.raises(KeyError, match="expires_on"):
        fill("until {expires_on}", {})
