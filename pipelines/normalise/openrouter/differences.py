"""Finds where the endpoints of one model differ so much that a call depends on which of them it reaches."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from schemas.listing import Fact, Price, Provider

TOOLS = "tools"
"""The parameter by which a request offers tools to a model."""

PRICES = ("prompt", "completion")
"""Kinds of prices that are compared; of two that differ the first is stated."""

LEAST_SPREAD = 2
"""How many times the lowest price the highest must be; and how many times a context the largest must be."""

NAMED = 2
"""Most endpoints that a sentence names."""


def difference_facts(providers: Sequence[Provider]) -> list[Fact]:
    """Facts on tools that some endpoints do not take, contexts half the largest or less, and prices twice the lowest.

    Contexts and prices are those of endpoints that are up.
    """
    up = [provider for provider in providers if provider.status == "up"]
    return [*_tool_facts(providers), *_context_facts(up), *_price_facts(up)]


def _tool_facts(providers: Iterable[Provider]) -> list[Fact]:
    stating = [provider for provider in providers if provider.parameters]
    lacking = [provider for provider in stating if TOOLS not in provider.parameters]
    offering = next((provider for provider in stating if TOOLS in provider.parameters), None)
    if not lacking or offering is None or not isinstance(offering.parameters_as_stated, tuple):
        return []
    at, first = f"{offering.locator}/supported_parameters", lacking[0]
    place = offering.parameters_as_stated.index(TOOLS)
    return [
        Fact("toolless_endpoints", _some(lacking), f"{first.locator}/supported_parameters", first.parameters_as_stated),
        Fact("tools_taken_by", offering.tag, f"{at}/{place}", TOOLS),
    ]


def _context_facts(up: Iterable[Provider]) -> list[Fact]:
    contexts = sorted(((one.context_tokens, one) for one in up if one.context_tokens), key=lambda pair: pair[0])
    if not contexts:
        return []
    largest = contexts[-1][0]
    short = [one for tokens, one in contexts if tokens * LEAST_SPREAD <= largest]
    if not short:
        return []
    tokens, first = contexts[0]
    return [
        Fact("half_context_endpoints", _some(short), f"{first.locator}/tag", first.tag),
        Fact("least_served_context_tokens", tokens, f"{first.locator}/context_length", tokens),
    ]


def _price_facts(up: Sequence[Provider]) -> list[Fact]:
    for kind in PRICES:
        priced = sorted((Decimal(price.usd), price) for one in up if (price := _price(one, kind)))
        if priced and priced[0][0] * LEAST_SPREAD <= priced[-1][0]:
            least, most = priced[0][1], priced[-1][1]
            return [
                Fact(f"least_price:{kind}", least.usd, least.locator, least.as_stated),
                Fact(f"most_price:{kind}", most.usd, most.locator, most.as_stated),
            ]
    return []


def _price(provider: Provider, kind: str) -> Price | None:
    """The unconditional price of a kind, None where there is none or it is zero."""
    found = (price for price in provider.prices if price.kind == kind and not price.when)
    return next((price for price in found if Decimal(price.usd)), None)


def _some(providers: Iterable[Provider]) -> str:
    """The tags of the first endpoints, and how many more there are: "marsh/fp8, reed and 3 more"."""
    tags = [*dict.fromkeys(provider.tag for provider in providers)]
    more = f" and {len(tags) - NAMED} more" if len(tags) > NAMED else ""
    return ", ".join(tags[:NAMED]) + more
