"""Reads OpenRouter's endpoints of one model: who serves it, how, and with what uptime."""

from decimal import Decimal
from typing import Literal

from pipelines.formats.decimals import plain
from pipelines.formats.record_reader import FieldError, RecordReader, as_stated, decimal, parse_record, shown
from pipelines.formats.slugs import ID_TERMS, is_plain, slug_of, split_id
from pipelines.normalise.openrouter.differences import difference_facts
from pipelines.normalise.openrouter.vocabulary import ENDPOINT_STATUSES, QUANTIZATIONS, UNREAD_ENDPOINT_FIELDS
from pipelines.normalise.prices import PRICE_UNITS, read_prices
from schemas.listing import AsStated, Fact, Listing, Price, Provider, RawListing

WHOLE = 100
"""Per cent."""

UPTIME_PLACES = Decimal("0.01")


def read_endpoints(raw: RawListing) -> Listing:
    """Read one endpoints record; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    asked, base_id, name = split_id(raw.id), _base_id(record, raw), record.line("name")
    endpoints = record.nested_list("endpoints")
    precisions_stated = [endpoint.peek("quantization") for endpoint in endpoints]
    providers = tuple(sorted(map(_provider, endpoints), key=_in_no_order))
    leftovers = dict.fromkeys(record.leftovers())
    return Listing.of(
        raw,
        kind="endpoints",
        base_id=base_id,
        slug=slug_of(base_id),
        variant=asked.variant,
        name=name,
        facts=tuple(_facts(providers, precisions_stated)),
        providers=providers,
        leftovers=tuple(pointer for pointer in leftovers if pointer not in UNREAD_ENDPOINT_FIELDS),
        unfamiliar=tuple(_unfamiliar(providers)),
    )


def _base_id(record: RecordReader, raw: RawListing) -> str:
    """The model that the endpoints are of: the id that was asked for, or for an alias possibly its target."""
    answered, asked = record.line("id"), split_id(raw.id)
    ident = split_id(answered)
    if not is_plain(ident):
        raise FieldError("/id", f"is {answered[:80]!r}, not {ID_TERMS}")
    if ident.base != asked.base and not asked.alias:
        raise FieldError("/id", f"is {answered[:80]!r}, where the endpoints of {raw.id[:80]!r} were asked for")
    return ident.base


def _provider(endpoint: RecordReader) -> Provider:
    name, status_code = endpoint.line("provider_name"), _status_code(endpoint)
    uptime_as_stated = endpoint.take_optional("uptime_last_30m")
    parameters = endpoint.optional_lines("supported_parameters")
    uptime = _uptime(uptime_as_stated, endpoint.place("uptime_last_30m"))
    return Provider(
        name=name,
        named_in="provider_name",
        name_as_stated=name,
        tag=endpoint.line("tag"),
        status=_status(status_code),
        status_as_stated=status_code,
        quantization=_quantization(endpoint),
        context_tokens=endpoint.optional_count("context_length") or None,
        max_output_tokens=endpoint.optional_count("max_completion_tokens") or None,
        uptime_percent=None if uptime is None else plain(uptime.quantize(UPTIME_PLACES)),
        uptime_as_stated=as_stated(uptime_as_stated),
        prices=read_prices(endpoint.nested("pricing")) or (),
        locator=endpoint.at,
        parameters=tuple(sorted(set(parameters))),
        parameters_as_stated=tuple(parameters),
    )


def _status_code(endpoint: RecordReader) -> int | None:
    value = endpoint.take_optional("status")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        endpoint.refuse("status", f"is {shown(value)}, not a status code or null")
    return value


def _status(code: int | None) -> Literal["up", "degraded", "unknown"]:
    return "unknown" if code is None else ENDPOINT_STATUSES.get(code, "unknown")


def _quantization(endpoint: RecordReader) -> str | None:
    quantization = endpoint.optional_line("quantization")
    return None if quantization == "unknown" else quantization


def _uptime(value: object, at: str) -> Decimal | None:
    if value is None:
        return None
    percent = decimal(value, at)
    if not 0 <= percent <= WHOLE:
        raise FieldError(at, f"is {plain(percent)}, not a percentage")
    return percent


def _in_no_order(provider: Provider) -> tuple[str, str, str]:
    """Sort key that removes the source's order, which changes from answer to answer."""
    priced = [(price.kind, price.usd, price.when) for price in provider.prices]
    in_order = provider._replace(prices=(), locator="", parameters_as_stated=None)
    return provider.name, provider.tag, repr((in_order, priced))


def _facts(providers: tuple[Provider, ...], precisions_stated: list[AsStated]) -> list[Fact]:
    if not providers:
        return []
    first = f"{providers[0].locator}/provider_name"
    names = {provider.name for provider in providers}
    facts = [Fact("served", True, first, providers[0].name)]
    if len(names) == 1:
        facts.append(Fact("only_provider", providers[0].name, first, providers[0].name))
    unstated = [provider for provider in providers if provider.quantization is None]
    if unstated:
        words = precisions_stated[int(unstated[0].locator.rpartition("/")[2])]
        facts.append(Fact("quantization_unstated", len(unstated), f"{unstated[0].locator}/quantization", words))
    facts += _context_facts(providers) + _precision_facts(providers) + _uptime_facts(providers)
    return facts + difference_facts(providers)


def _context_facts(providers: tuple[Provider, ...]) -> list[Fact]:
    """The largest context of an endpoint that is up."""
    up = [(one.context_tokens, one) for one in providers if one.status == "up" and one.context_tokens]
    if not up:
        return []
    tokens, largest = max(up, key=lambda pair: pair[0])
    return [Fact("served_context_tokens", tokens, f"{largest.locator}/context_length", tokens)]


def _precision_facts(providers: tuple[Provider, ...]) -> list[Fact]:
    first_with = {p.quantization: f"{p.locator}/quantization" for p in reversed(providers) if p.quantization}
    if len(first_with) <= 1:
        return []
    precisions = tuple(sorted(first_with))
    names = ("quantizations", "other_quantizations")
    return [Fact(name, precisions, first_with[p], p) for name, p in zip(names, precisions, strict=False)]


def _uptime_facts(providers: tuple[Provider, ...]) -> list[Fact]:
    measured = [(Decimal(p.uptime_percent), p) for p in providers if p.uptime_percent is not None]
    if not measured:
        return []
    percent, best = max(measured, key=lambda pair: pair[0])
    return [Fact("best_uptime_percent", plain(percent), f"{best.locator}/uptime_last_30m", best.uptime_as_stated)]


def _unfamiliar(providers: tuple[Provider, ...]) -> list[str]:
    precisions = {provider.quantization for provider in providers if provider.quantization} - set(QUANTIZATIONS)
    prices: list[Price] = [price for provider in providers for price in provider.prices]
    kinds = {price.kind for price in prices} - PRICE_UNITS.keys()
    return [f"quantization:{word}" for word in sorted(precisions)] + [f"price:{kind}" for kind in sorted(kinds)]
