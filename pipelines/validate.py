"""Checks that a listing, once read, holds together: figures outside these bounds are faults of the source."""

from decimal import Decimal

from pipelines.record import FieldError
from schemas.listing import Listing

LONGEST_NAME = 200
BOUNDS = {
    "context_tokens": (1, 100_000_000),
    "top_provider_context_tokens": (1, 100_000_000),
    "max_output_tokens": (1, 100_000_000),
}
"""Fact → smallest and largest figure that can be meant; the largest context recorded is 10,000,000 tokens."""

DEAREST_USD = {"token": Decimal("0.1"), "": Decimal(1000)}
"""Ending of the unit → dearest believable price of one; the dearest token recorded costs 0.0006 USD."""


def validate(listing: Listing) -> None:
    """Raise FieldError naming the first figure that cannot be meant."""
    if len(listing.name) > LONGEST_NAME:
        raise FieldError("/name", f"is {len(listing.name)} characters long, at most {LONGEST_NAME} are believable")
    for fact in listing.facts:
        smallest, largest = BOUNDS.get(fact.name, (None, None))
        if smallest is not None and isinstance(fact.value, int) and not smallest <= fact.value <= (largest or 0):
            raise FieldError(fact.locator, f"is {fact.value:,}, outside {smallest:,} to {largest:,}")
    for price in listing.prices:
        dearest = next(bound for ending, bound in DEAREST_USD.items() if price.unit.endswith(ending))
        if Decimal(price.usd) > dearest:
            raise FieldError(price.locator, f"is {price.usd} USD per {price.unit}: more than {dearest} is not believable")
