"""Reads the prices of a listing or an endpoint: exact decimals, their units, and the conditions on some of them."""

import re
from collections.abc import Iterable
from decimal import Decimal

from pipelines.formats.decimals import plain, read_decimal
from pipelines.formats.record_reader import LARGEST_COUNT, FieldError, RecordReader, as_stated, decimal
from schemas.listing import Fact, Listing, Price
from schemas.sources import HUB

PRICE_UNITS = {
    "prompt": "prompt token",
    "completion": "completion token",
    "request": "request",
    "image": "input image",
    "image_output": "output image",
    "image_token": "image token",  # nosec B105 # a unit, no secret
    "audio": "audio input token",
    "audio_output": "audio output token",
    "input_audio_cache": "cached audio input token",
    "input_cache_read": "cached prompt token read",
    "input_cache_write": "cached prompt token written",
    "input_cache_write_1h": "prompt token cached for one hour",
    "internal_reasoning": "internal reasoning token",
    "web_search": "web search",
}
"""Price field → its unit, from the API document's field descriptions."""

UNKNOWN_UNIT = "unit not documented"
"""Unit of a price field that the API document does not name."""

UNCLEAR_UNIT = "unclear"
"""Unit of a price per image that equals the price of a prompt token.

The API document says per input image; the figure is that of one token, of which an image has hundreds. Prices that were
plainly per image (0.0012 beside 0.0000003) were recorded too, so the unit differs from listing to listing.
"""

ROUTED_PRICE = Decimal(-1)
"""What a router's listing has in place of a price, which depends on the model that answers."""

CONDITIONS = {"min_prompt_tokens": LARGEST_COUNT, "utc_start": 2400, "utc_end": 2400}
"""Condition → its largest value; times of day are written HHMM."""

PRICE_OF_OUTPUT = {"image": "image_output", "audio": "audio_output", "speech": "audio_output", "video": None}
"""Output that is not charged by tokens of text → the kind of price for it, None where no such kind is known.

Where that price is not stated, zero prices for prompt and completion do not make the output free: Lyria's listing
states those two alone, and charges by the clip.
"""

FREE = "free"
"""Variant whose offer states itself that it costs nothing, whatever it makes."""

_READABLE = PRICE_UNITS.keys() | CONDITIONS.keys()
_KIND = re.compile(r"[a-z0-9_]{1,100}\Z")

MOST_PRICES = 200
"""Most fields of a `pricing` object that are read; the most recorded are 16."""

When = tuple[tuple[str, int], ...]


def read_prices(pricing: RecordReader) -> tuple[Price, ...] | None:
    """Read every price of a `pricing` object, None when it is a router's; fields that are no prices are leftovers.

    Raises FieldError on a price that is no decimal or is negative.
    """
    prompt, completion = pricing.take("prompt"), pricing.take("completion")
    if decimal(prompt, pricing.place("prompt")) == decimal(completion, pricing.place("completion")) == ROUTED_PRICE:
        return None
    if len(pricing.names()) > MOST_PRICES:
        raise FieldError(pricing.at, f"has {len(pricing.names()):,} more fields, at most {MOST_PRICES} are read")
    overrides = pricing.optional_nested_list("overrides")
    prices = [_price("prompt", prompt, pricing, ()), _price("completion", completion, pricing, ())]
    prices += _prices([kind for kind in pricing.names() if _is_price(kind, pricing.peek(kind))], pricing, ())
    for override in overrides:
        prices += _override(override)
    return tuple(_doubted(price, prices) for price in prices)


def price_facts(prices: Iterable[Price]) -> list[Fact]:
    """Facts of the prices: each kind that is charged for, and each condition that makes a price vary."""
    plainly = [price for price in prices if not price.when]
    facts = [Fact(f"price:{price.kind}", price.usd, price.locator, price.as_stated) for price in plainly]
    facts += [Fact("image_price_unclear", True, p.locator, p.as_stated) for p in plainly if p.unit == UNCLEAR_UNIT]
    bounds = {(*bound, price.locator.rpartition("/")[0]) for price in prices for bound in price.when}
    for condition, bound, at in sorted(bounds, reverse=True):  # of equal names the last one counts: the smallest bound
        name = condition if condition == "min_prompt_tokens" else "utc_window"
        facts.append(Fact(f"price_condition:{name}", bound, f"{at}/{condition}", bound))
    return facts


def costs_nothing(prices: Iterable[Price]) -> bool:
    """Whether there are prices and every one of them is zero."""
    stated = False
    for price in prices:
        if price.usd != "0":
            return False
        stated = True
    return stated


def unpriced_outputs(offer: Listing) -> list[str]:
    """Outputs, beside text, that an offer with only zero prices states no price of; none for the variant `:free`."""
    if offer.variant == FREE or not costs_nothing(offer.prices):
        return []
    kinds, made = {price.kind for price in offer.prices}, {fact.name for fact in offer.facts}
    return [word for word, kind in PRICE_OF_OUTPUT.items() if f"output:{word}" in made and kind not in kinds]


def is_free(offer: Listing) -> bool:
    """Whether an offer costs nothing: a repository, or one of which every price is zero and none is left out."""
    return offer.source == HUB or (costs_nothing(offer.prices) and not unpriced_outputs(offer))


def _doubted(price: Price, prices: Iterable[Price]) -> Price:
    """A price, with its unit unclear where it is per image and yet that of a prompt token under the same conditions."""
    if price.kind != "image" or price.usd == "0":
        return price
    of_token = any(one.usd == price.usd for one in prices if one.kind == "prompt" and one.when == price.when)
    return price._replace(unit=UNCLEAR_UNIT) if of_token else price


def _is_price(kind: str, value: object) -> bool:
    """Whether a field is a price: the API document names it, or it is a decimal in text as all prices are."""
    if kind in PRICE_UNITS:
        return True
    try:
        return isinstance(value, str) and _KIND.match(kind) is not None and read_decimal(value) >= 0
    except ValueError:
        return False


def _prices(kinds: Iterable[str], pricing: RecordReader, when: When) -> list[Price]:
    stated = ((kind, pricing.take(kind)) for kind in kinds)
    return [_price(kind, value, pricing, when) for kind, value in stated if value is not None]


def _price(kind: str, value: object, pricing: RecordReader, when: When) -> Price:
    at = pricing.place(kind)
    amount = decimal(value, at)
    if amount < 0:
        pricing.refuse(kind, f"is {plain(amount)}: a price is never negative")
    return Price(kind, plain(amount), PRICE_UNITS.get(kind, UNKNOWN_UNIT), at, as_stated(value), when)


def _override(override: RecordReader) -> list[Price]:
    """Read an override. One with an unknown field remains a leftover whole, as the field may be another condition."""
    if not set(override.names()) <= _READABLE:
        return []
    when = tuple((name, _bound(override, name)) for name in CONDITIONS if override.peek(name) is not None)
    if not when:
        raise FieldError(override.at, f"states no known condition ({', '.join(CONDITIONS)})")
    if ("utc_start" in dict(when)) != ("utc_end" in dict(when)):
        raise FieldError(override.at, "states one end of a time window: both utc_start and utc_end are needed")
    return _prices([name for name in override.names() if name not in CONDITIONS], override, when)


def _bound(override: RecordReader, name: str) -> int:
    bound = override.optional_count(name) or 0
    if bound > CONDITIONS[name]:
        override.refuse(name, f"is {bound}, beyond {CONDITIONS[name]}")
    return bound
