from typing import Any

import pytest

from pipelines.validate import DEAREST_TOKEN_USD, DEAREST_USD, LARGEST_TOKENS
from tests.pipelines.listings import ENDPOINT, listing, raw, raw_endpoints, record, refused


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("context_length", LARGEST_TOKENS + 1),
        ("top_provider.context_length", LARGEST_TOKENS + 1),
        ("top_provider.max_completion_tokens", LARGEST_TOKENS + 1),
        ("pricing.prompt", "0.100000001"),
        ("pricing.input_cache_read", "3"),
        ("pricing.request", "1000.01"),
    ],
)
def test_a_figure_that_cannot_be_meant_is_quarantined_at_its_place(field: str, value: Any) -> None:
    told = refused(raw(record(**{field: value})))
    assert (told.stage, told.field) == ("validate", "/" + field.replace(".", "/"))


def test_the_bounds_themselves_are_believed() -> None:
    prices = {"pricing.prompt": str(DEAREST_TOKEN_USD), "pricing.request": str(DEAREST_USD)}
    assert listing(context_length=LARGEST_TOKENS, **prices).kind == "model"


def test_a_provider_price_that_cannot_be_meant_is_quarantined() -> None:
    told = refused(raw_endpoints({}, {"pricing": {**ENDPOINT["pricing"], "completion": "7"}}))
    assert (told.stage, told.field) == ("validate", "/endpoints/1/pricing/completion")
