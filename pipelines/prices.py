"""Prices of a listing or an endpoint: exact decimals with their unit, and the conditions under which others hold."""

from decimal import Decimal

from pipelines.decimals import plain
from pipelines.record import FieldError, Json, decimal_at, take, take_optional_list
from pipelines.vocabulary import PRICE_UNITS, UNKNOWN_UNIT
from schemas.listing import Fact, Price

ROUTED_PRICE = Decimal(-1)
"""What a router's list says instead of a price: it depends on the model that answers."""

CONDITIONS = ("min_prompt_tokens", "utc_start", "utc_end")


def read_prices(pricing: Json, at: str) -> tuple[Price, ...] | None:
    """Read every price of a `pricing` object, None when it is a router's; leaves what it does not know in it.

    `pricing` is emptied of what was read. Raises FieldError on a price that is no decimal or is negative.
    """
    prompt, completion = take(pricing, "prompt", at), take(pricing, "completion", at)
    if decimal_at(prompt, f"{at}/prompt") == decimal_at(completion, f"{at}/completion") == ROUTED_PRICE:
        pricing.clear()
        return None
    pricing.pop("discount", None)
    overrides = take_optional_list(pricing, "overrides", at)
    said = {"prompt": prompt, "completion": completion, **pricing}
    pricing.clear()
    prices = [_price(kind, value, at, ()) for kind, value in said.items()]
    for place, override in enumerate(overrides):
        prices += _override(override, f"{at}/overrides/{place}")
    return tuple(prices)


def price_facts(prices: tuple[Price, ...]) -> list[Fact]:
    """Turn prices into facts: what is charged for at all, and what makes a price vary."""
    facts = [Fact(f"price:{price.kind}", price.usd, price.locator, price.usd) for price in prices if not price.when]
    for price in prices:
        for condition, bound in price.when:
            name = condition if condition == "min_prompt_tokens" else "utc_window"
            place = price.locator.rpartition("/")[0]
            facts.append(Fact(f"price_condition:{name}", bound, f"{place}/{condition}", bound))
    return facts


def _price(kind: str, value: object, at: str, when: tuple[tuple[str, int], ...]) -> Price:
    pointer = f"{at}/{kind}"
    amount = decimal_at(value, pointer)
    if amount < 0:
        raise FieldError(pointer, f"is {plain(amount)}: a price is never negative")
    return Price(kind, plain(amount), PRICE_UNITS.get(kind, UNKNOWN_UNIT), pointer, when)


def _override(override: object, at: str) -> list[Price]:
    if not isinstance(override, dict):
        raise FieldError(at, "is not an object with conditions and prices")
    when = tuple((name, _bound(override[name], f"{at}/{name}")) for name in CONDITIONS if override.get(name) is not None)
    if not when:
        raise FieldError(at, f"states no condition that we know ({', '.join(CONDITIONS)})")
    return [_price(kind, value, at, when) for kind, value in override.items() if kind not in CONDITIONS]


def _bound(value: object, pointer: str) -> int:
    bound = decimal_at(value, pointer)
    if bound < 0 or bound != int(bound):
        raise FieldError(pointer, f"is {plain(bound)}, not a whole number")
    return int(bound)
