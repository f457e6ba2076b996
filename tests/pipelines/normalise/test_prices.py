from typing import Any

import pytest

from pipelines.formats.record_reader import FieldError, RecordReader
from pipelines.normalise.prices import PRICE_UNITS, UNKNOWN_UNIT, price_facts, read_prices
from schemas.listing import Price

PLAIN = {"prompt": "0.0000002", "completion": "0.0000006"}


def pricing(**more: Any) -> RecordReader:
    return RecordReader({**PLAIN, **more}, "/pricing", "/pricing")


def read(record: RecordReader) -> tuple[Price, ...]:
    prices = read_prices(record)
    assert prices is not None
    return prices


@pytest.mark.parametrize("kind", PRICE_UNITS)
def test_every_documented_price_is_read_exactly_with_its_unit(kind: str) -> None:
    prices = read(pricing(**{kind: "0.0000000208333333333333"}))
    assert (
        Price(kind, "0.0000000208333333333333", PRICE_UNITS[kind], f"/pricing/{kind}", "0.0000000208333333333333")
        in prices
    )


@pytest.mark.parametrize(
    ("image", "unit"),
    [("0.0000002", "unclear"), ("2e-7", "unclear"), ("0.0012", "input image"), ("0.0000003", "input image")],
)
def test_a_price_per_image_that_is_that_of_a_token_has_no_clear_unit(image: str, unit: str) -> None:
    (found,) = (price for price in read(pricing(image=image)) if price.kind == "image")
    assert found.unit == unit
    facts = {fact.name for fact in price_facts(read(pricing(image=image)))}
    assert ("image_price_unclear" in facts) is (unit == "unclear")


def test_a_price_is_doubted_only_beside_the_token_price_of_its_own_conditions() -> None:
    night = {"utc_start": 0, "utc_end": 600, "prompt": "0.0000001", "image": "0.0000001"}
    prices = read(pricing(image="0.0012", overrides=[night]))
    assert [(bool(price.when), price.unit) for price in prices if price.kind == "image"] == [
        (False, "input image"), (True, "unclear"),
    ]  # fmt: skip
    free = read(RecordReader({"prompt": "0", "completion": "0", "image": "0"}, "/pricing", "/pricing"))
    assert free[-1].unit == "input image"


def test_evidence_says_a_price_as_the_source_wrote_it() -> None:
    price = next(price for price in read(pricing(request="1.50e-7")) if price.kind == "request")
    assert (price.usd, price.as_stated) == ("0.00000015", "1.50e-7")


@pytest.mark.parametrize("stated", ["-1", "-1.0", -1])
def test_a_router_has_no_prices(stated: str | int) -> None:
    assert read_prices(pricing(prompt=stated, completion=stated)) is None


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"prompt": None}, "/pricing/prompt"), ({"completion": None}, "/pricing/completion"),
        ({"prompt": "-1"}, "/pricing/prompt"), ({"completion": "-1"}, "/pricing/completion"),
        ({"prompt": "free"}, "/pricing/prompt"), ({"prompt": ""}, "/pricing/prompt"),
        ({"prompt": "NaN"}, "/pricing/prompt"), ({"prompt": {}}, "/pricing/prompt"),
        ({"prompt": True}, "/pricing/prompt"), ({"image": "-0.1"}, "/pricing/image"),
        ({"image": "cheap"}, "/pricing/image"), ({"overrides": {}}, "/pricing/overrides"),
        ({"overrides": [1]}, "/pricing/overrides/0"),
        ({"overrides": [{"prompt": "0.1"}]}, "/pricing/overrides/0"),
        ({"overrides": [{"utc_start": 100, "prompt": "0.1"}]}, "/pricing/overrides/0"),
        ({"overrides": [{"utc_start": 100, "utc_end": 2401}]}, "/pricing/overrides/0/utc_end"),
        ({"overrides": [{"min_prompt_tokens": -1}]}, "/pricing/overrides/0/min_prompt_tokens"),
        ({"overrides": [{"min_prompt_tokens": 1, "prompt": "x"}]}, "/pricing/overrides/0/prompt"),
    ],
)  # fmt: skip
def test_a_price_that_cannot_be_is_refused_at_its_place(more: dict[str, Any], at: str) -> None:
    with pytest.raises(FieldError) as refusal:
        read_prices(pricing(**more))
    assert refusal.value.pointer == at


@pytest.mark.parametrize("missing", PLAIN)
def test_prompt_and_completion_are_mandatory(missing: str) -> None:
    record = RecordReader({kind: usd for kind, usd in PLAIN.items() if kind != missing}, "/pricing")
    with pytest.raises(FieldError, match=f"/pricing/{missing} is missing"):
        read_prices(record)


def test_a_price_outside_the_vocabulary_is_retained_with_an_unknown_unit() -> None:
    prices = read(pricing(telepathy="0.5"))
    assert Price("telepathy", "0.5", UNKNOWN_UNIT, "/pricing/telepathy", "0.5") in prices


@pytest.mark.parametrize("value", [{"tiers": []}, [], 5, "soon", "-3", None, True])
def test_a_field_that_is_no_price_is_left_over_and_not_fatal(value: Any) -> None:
    record = pricing(bundle=value)
    assert [price.kind for price in read(record)] == ["prompt", "completion"]
    assert record.leftovers() == ["/pricing/bundle"]


def test_a_documented_price_that_is_null_says_nothing() -> None:
    assert [price.kind for price in read(pricing(image=None))] == ["prompt", "completion"]


def test_overrides_hold_under_their_conditions_in_the_order_of_the_source() -> None:
    overrides = [
        {"min_prompt_tokens": 200_000, "prompt": "0.0000004"},
        {"utc_start": 1630, "utc_end": 30, "prompt": "0.0000001"},
    ]
    when = [(price.usd, price.when) for price in read(pricing(overrides=overrides)) if price.when]
    assert when == [
        ("0.0000004", (("min_prompt_tokens", 200_000),)),
        ("0.0000001", (("utc_start", 1630), ("utc_end", 30))),
    ]


def test_an_override_with_a_condition_that_nobody_knows_states_no_price() -> None:
    record = pricing(overrides=[{"min_prompt_tokens": 1000, "max_prompt_tokens": 2000, "prompt": "0.1"}])
    assert [price.kind for price in read(record)] == ["prompt", "completion"]
    assert "/pricing/overrides/max_prompt_tokens" in record.leftovers()


def test_of_several_lengths_the_smallest_is_the_fact() -> None:
    bounds = (400_000, 128_000, 200_000)
    overrides = [{"min_prompt_tokens": bound, "prompt": "0.1", "completion": "0.1"} for bound in bounds]
    facts = {fact.name: fact for fact in price_facts(read(pricing(overrides=overrides)))}
    assert facts["price_condition:min_prompt_tokens"].value == 128_000
    assert facts["price_condition:min_prompt_tokens"].locator == "/pricing/overrides/1/min_prompt_tokens"
