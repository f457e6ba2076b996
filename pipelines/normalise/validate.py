"""Checks the figures and dates of a listing after it was read: outside these bounds they are errors of the source."""

from datetime import timedelta
from decimal import Decimal

from pipelines.formats.record_reader import FieldError
from schemas.listing import Listing, Price
from schemas.times import instant, timestamp

LARGEST_TOKENS = 100_000_000
"""Largest plausible context or output; the largest recorded one is 10,000,000."""

TOKEN_FACTS = frozenset(
    [
        "context_tokens", "top_provider_context_tokens", "offered_context_tokens", "served_context_tokens",
        "least_served_context_tokens", "max_output_tokens",
    ]
)  # fmt: skip

PAST_FACTS = frozenset(["knowledge_cutoff", "released_on", "listed_on", "last_modified", "last_commit"])
"""Facts that are dates in the past: a day, a month ("2026-04"), or an instant."""

DAY = 10
"""Characters of the day in a date."""

CLOCKS_DIFFER = timedelta(days=1)
"""How far the clock of a source may be ahead of ours, time zones included."""

DEAREST_TOKEN_USD, DEAREST_USD = Decimal("0.1"), Decimal(1000)
"""Highest plausible price of a token, and of any other unit; the dearest token recorded costs 0.0006 USD."""


def validate(listing: Listing) -> None:
    """Raise FieldError for the first figure or date that is not plausible."""
    latest = timestamp(instant(listing.observed_at) + CLOCKS_DIFFER)
    for fact in listing.facts:
        if fact.name in PAST_FACTS and (day := str(fact.value)[:DAY]) > latest[: len(day)]:
            raise FieldError(fact.locator, f"is {fact.value}, after the record was observed at {listing.observed_at}")
        if fact.name in TOKEN_FACTS and isinstance(fact.value, int) and fact.value > LARGEST_TOKENS:
            raise FieldError(fact.locator, f"is {fact.value:,} tokens: more than {LARGEST_TOKENS:,} is not plausible")
    for price in listing.prices:
        _validate_price(price)
    for provider in listing.providers:
        for price in provider.prices:
            _validate_price(price)


def _validate_price(price: Price) -> None:
    dearest = DEAREST_TOKEN_USD if "token" in price.unit else DEAREST_USD
    if Decimal(price.usd) > dearest:
        raise FieldError(
            price.locator, f"is {price.usd} USD a unit ({price.unit}): more than {dearest} is not plausible"
        )
