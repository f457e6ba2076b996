"""View of what a model costs, who serves it, and what is done with the data that it is sent."""

from decimal import Decimal
from typing import Any, Final, NamedTuple

from pipelines.pages.passport.shown import EvidenceIndex, Shown
from pipelines.pages.words import QUOTE, href, line, per_million, tokens
from pipelines.views.facets import facet_rows
from pipelines.views.offers import price_words

Json = dict[str, Any]

MOST_PROVIDERS: Final = 40
MOST_OFFERS: Final = 12
MOST_PRICES: Final = 16
_STRIP: Final = 1000
"""Width of the picture of a spread, in its own units."""
_UNITS: Final = {"prompt": "input", "completion": "output"}


class PriceView(NamedTuple):
    """One price."""

    words: str
    shown: list[Shown]


class OfferView(NamedTuple):
    """One form in which the model is sold."""

    id: str
    name: str
    free: bool
    tokens_in: str
    tokens_out: str
    context: str
    expires_on: str


class ProviderView(NamedTuple):
    """One endpoint that serves the model."""

    name: str
    tag: str
    status: str
    quantization: str
    context: str
    most_output: str
    uptime: str
    tokens_in: str
    """Dollars for a million tokens of input; "" where it states none."""
    tokens_out: str
    shown: Shown | None
    seat: str
    """Country of the company."""
    centres: str
    """Countries of its data centres."""
    terms: str
    privacy: str


class Spread(NamedTuple):
    """The prices of all providers for one kind of token, by the million."""

    kind: str
    lowest: str
    highest: str
    marks: list[int]
    """Where each provider is on a line from 0 to 1000."""


class OffersView(NamedTuple):
    """All about price and providers."""

    prices: list[PriceView]
    offers: list[OfferView]
    providers: list[ProviderView]
    more_providers: int
    spreads: list[Spread]
    handling: list[tuple[str, str]]


def offers_of(model: Json | None, evidence: EvidenceIndex) -> OffersView:
    """Return the view of price, offers, providers and data handling; empty where nothing is known of the model."""
    if model is None:
        return OffersView([], [], [], 0, [], [])
    places = {one["name"]: one for one in (model.get("data_handling") or {}).get("providers", ())}
    prices = [
        PriceView(line(price_words(price)), evidence.at(f"/artifact/model/prices/{place}"))
        for place, price in enumerate(model["prices"][:MOST_PRICES])
    ]
    listed = model["providers"][:MOST_PROVIDERS]
    providers = [_provider(place, one, places.get(one["name"]), evidence) for place, one in enumerate(listed)]
    spreads = [spread for kind in _UNITS if (spread := _spread(kind, model["providers"]))]
    rows = [(name, line(value, QUOTE)) for name, value in facet_rows(model) if name != "data at"]
    return OffersView(
        prices,
        [_offer(one) for one in model["offers"][:MOST_OFFERS]],
        providers,
        len(model["providers"]) - len(providers),
        spreads,
        rows,
    )


def tokens_price(prices: list[Json], kind: str) -> str:
    """Return the plain price of a million tokens of a kind, in dollars: "0.2288"; "" where there is none."""
    plain = (one["usd"] for one in prices if one["kind"] == kind and "when" not in one and "token" in one["unit"])
    usd = next(plain, None)
    return "" if usd is None else per_million(usd)


def _offer(one: Json) -> OfferView:
    return OfferView(
        line(one["id"]),
        line(one["variant"]),
        one["free"],
        tokens_price(one["prices"], "prompt"),
        tokens_price(one["prices"], "completion"),
        tokens(one["context_tokens"]),
        one["expires_on"] or "",
    )


def _provider(place: int, one: Json, data: Json | None, evidence: EvidenceIndex) -> ProviderView:
    where = data or {"headquarters": None, "datacenters": (), "terms_url": None, "privacy_url": None}
    return ProviderView(
        name=line(one["name"]),
        tag=line(one["tag"]),
        status=one["status"],
        quantization=line(one["quantization"] or ""),
        context=tokens(one["context_tokens"]),
        most_output=tokens(one["max_output_tokens"]),
        uptime=one["uptime_percent"] or "",
        tokens_in=tokens_price(one["prices"], "prompt"),
        tokens_out=tokens_price(one["prices"], "completion"),
        shown=evidence.first(f"/artifact/model/providers/{place}"),
        seat=line(where["headquarters"] or ""),
        centres=line(", ".join(where["datacenters"])),
        terms=href(where["terms_url"]),
        privacy=href(where["privacy_url"]),
    )


def _spread(kind: str, providers: list[Json]) -> Spread | None:
    stated = [tokens_price(one["prices"], kind) for one in providers]
    amounts = sorted(Decimal(amount) for amount in stated if amount)
    if len(amounts) < 2 or amounts[0] == amounts[-1]:  # noqa: PLR2004 - one price has no spread
        return None
    width = amounts[-1] - amounts[0]
    marks = [int((amount - amounts[0]) / width * _STRIP) for amount in amounts]
    return Spread(_UNITS[kind], str(amounts[0]), str(amounts[-1]), sorted(set(marks)))
