from datetime import timedelta
from typing import Any

import pytest

from pipelines.normalise.validate import DEAREST_TOKEN_USD, DEAREST_USD, LARGEST_TOKENS
from schemas.times import instant
from tests.support.hub_records import repository_raw
from tests.support.listings import ENDPOINT, SEEN, listing, raw, raw_endpoints, record, refused


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
    refusal = refused(raw(record(**{field: value})))
    assert (refusal.stage, refusal.field) == ("validate", "/" + field.replace(".", "/"))


def test_the_bounds_themselves_are_believed() -> None:
    prices = {"pricing.prompt": str(DEAREST_TOKEN_USD), "pricing.request": str(DEAREST_USD)}
    assert listing(context_length=LARGEST_TOKENS, **prices).kind == "model"


def test_a_provider_price_that_cannot_be_meant_is_quarantined() -> None:
    refusal = refused(raw_endpoints({}, {"pricing": {**ENDPOINT["pricing"], "completion": "7"}}))
    assert (refusal.stage, refusal.field) == ("validate", "/endpoints/1/pricing/completion")


TOMORROW = instant(SEEN) + timedelta(days=1)
DAY_AFTER = instant(SEEN) + timedelta(days=2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("knowledge_cutoff", "2099-01-01"),
        ("knowledge_cutoff", "2099-01"),
        ("knowledge_cutoff", f"{DAY_AFTER:%Y-%m-%d}"),
        ("created", int(DAY_AFTER.timestamp())),
        ("created", 253_402_300_799),
    ],
)
def test_a_date_of_what_has_happened_is_before_the_observation(field: str, value: Any) -> None:
    refusal = refused(raw(record(**{field: value})))
    assert (refusal.stage, refusal.field) == ("validate", f"/{field}")
    assert f"after the record was observed at {SEEN}" in refusal.reason


@pytest.mark.parametrize("field", ["createdAt", "lastModified"])
def test_a_repository_was_not_made_or_changed_after_it_was_observed(field: str) -> None:
    refusal = refused(repository_raw(**{field: f"{DAY_AFTER:%Y-%m-%d}T00:00:00.000Z"}))
    assert (refusal.stage, refusal.field) == ("validate", f"/{field}")


def test_clocks_may_differ_by_a_day_and_ends_lie_ahead() -> None:
    tomorrow = f"{TOMORROW:%Y-%m-%d}"
    for changes in (
        {"knowledge_cutoff": tomorrow},
        {"knowledge_cutoff": tomorrow[:7]},
        {"expiration_date": "2099-01-01"},
    ):
        assert listing(created=int(TOMORROW.timestamp()), **changes).kind == "model"
