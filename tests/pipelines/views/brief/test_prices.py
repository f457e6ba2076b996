from typing import Any

import pytest

from pipelines.views.brief.prices import price_rows

PROMPT = {"kind": "prompt", "unit": "prompt token"}
COMPLETION = {"kind": "completion", "unit": "completion token"}


def provider(name: str, *usd: str, status: str = "up") -> dict[str, Any]:
    kinds = (PROMPT, COMPLETION)
    return {"name": name, "status": status, "prices": [{**k, "usd": one} for k, one in zip(kinds, usd, strict=False)]}


def rows(
    prices: list[dict[str, Any]],
    *providers: dict[str, Any],
    offers: list[dict[str, Any]] | None = None,
    pricing: str = "paid",
) -> list:  # type: ignore[type-arg]
    model = {"prices": prices, "providers": list(providers), "offers": offers or [{"id": "a/b", "free": False}]}
    artifact = {"model": {**model, "output_modalities": ["text", "audio"]}, "pricing": {"model": pricing}}
    return [(row.label, row.text) for row in price_rows(artifact)]


def test_prices_are_for_a_million_tokens_beside_the_lowest_and_highest_of_the_endpoints() -> None:
    listed = [{**PROMPT, "usd": "0.00000007"}, {**COMPLETION, "usd": "0.0000125"}]
    marsh, reed = provider("Marsh", "0.00000007", "0.0000125"), provider("Reed", "0.0000009785", "0.0000125")
    assert rows(listed, marsh, reed, provider("Gone", "9", "9", status="down")) == [
        ("", "listed  lowest of its endpoints  highest"),
        ("prompt", " $0.07  $0.07 Marsh              $0.9785 Reed"),
        ("completion", "$12.50  $12.50 each of 2"),
    ]


def test_tokens_that_cost_nothing_are_not_said_to_be_all_that_is_paid_for_where_what_is_made_has_no_price() -> None:
    free = [{**PROMPT, "usd": "0"}]
    assert rows(free, pricing="unknown")[-1] == ("", "what its audio costs no record states: $0 is not for all of it")
    assert rows(free, pricing="free") == [("prompt", "$0")]


def test_without_endpoints_only_the_listed_prices_are_shown() -> None:
    assert rows([{**PROMPT, "usd": "0.0000002"}]) == [("prompt", "$0.20")]


@pytest.mark.parametrize(
    ("price", "row"),
    [
        ({"kind": "web_search", "unit": "web search", "usd": "0.01"}, ("each web search", "$0.01")),
        ({"kind": "image", "unit": "unclear", "usd": "0.000002"},
         ("image input", "$0.000002  in a unit that is unclear")),
        ({**PROMPT, "usd": "0"}, ("prompt", "$0")),
        ({**PROMPT, "usd": "0.000004", "when": {"min_prompt_tokens": 200_000}},
         ("prompt", "$4.00  for prompts of 200,000 tokens or more")),
        ({**PROMPT, "usd": "0.000004", "when": {"utc_start": "16:30", "utc_end": "00:30"}},
         ("prompt", "$4.00  from 16:30 to 00:30 UTC")),
    ],
)  # fmt: skip
def test_a_price_says_of_what_it_is_and_when_it_holds(price: dict[str, Any], row: tuple[str, str]) -> None:
    assert rows([price], provider("Marsh")) == [row]


def test_further_offers_are_named() -> None:
    offers = [{"id": "a/b", "free": False}, {"id": "a/b:free", "free": True}]
    assert rows([], offers=offers) == [("also offered as", "a/b:free (free)")]
