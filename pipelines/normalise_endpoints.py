"""Reads OpenRouter's endpoints of one model: who serves it, how, and with what uptime."""

from decimal import Decimal

from pipelines.decimals import plain
from pipelines.prices import read_prices
from pipelines.record import (
    FieldError,
    Json,
    decimal_at,
    leftovers,
    parse_record,
    take,
    take_count,
    take_object,
    take_optional_text,
    take_text,
)
from pipelines.slugs import is_slug, slug_of, split_id
from pipelines.vocabulary import ENDPOINT_STATUSES, QUANTIZATIONS
from schemas.listing import Fact, Listing, Provider, RawListing

WHOLE = 100
"""Per cent."""

UPTIME_PLACES = Decimal("0.01")
ENDPOINT_FIELDS_UNREAD = frozenset(
    ["name", "model_id", "model_name", "max_prompt_tokens", "supported_parameters", "supports_implicit_caching"]
    + ["supports_voice_cloning", "latency_last_30m", "throughput_last_30m", "uptime_last_5m", "uptime_last_1d"]
)
"""Fields of an endpoint that we know and read past: repetitions of the model's, and figures of the last minutes."""


def read_endpoints(raw: RawListing) -> Listing:
    """Read one endpoints record; raise FieldError naming the field that cannot be read."""
    record = parse_record(raw.body)
    ident, name = split_id(take_text(record, "id")), take_text(record, "name")
    if not is_slug(slug_of(ident.base)):
        raise FieldError("/id", f"is not author/name of lower-case letters, digits, '.', '_' and '-': {raw.id[:80]!r}")
    endpoints = take(record, "endpoints")
    if not isinstance(endpoints, list):
        raise FieldError("/endpoints", "is not a list")
    unread: list[str] = []
    providers = tuple(_provider(endpoint, f"/endpoints/{n}", unread) for n, endpoint in enumerate(endpoints))
    return Listing.model_construct(
        source=raw.source,
        id=raw.id,
        kind="endpoints",
        base_id=ident.base,
        slug=slug_of(ident.base),
        variant=ident.variant,
        name=name,
        author=ident.base.partition("/")[0],
        facts=tuple(_facts(providers, endpoints)),
        prices=(),
        providers=providers,
        leftovers=tuple(dict.fromkeys(unread)),
        unfamiliar=tuple(f"quantization:{q}" for q in sorted(_unfamiliar(providers))),
        url=raw.url,
        observed_at=raw.observed_at,
        content_sha256=raw.content_sha256,
    )


def _provider(endpoint: object, at: str, unread: list[str]) -> Provider:
    if not isinstance(endpoint, dict):
        raise FieldError(at, "is not an object")
    endpoint = dict(endpoint)
    status_code = endpoint.pop("status", None)
    uptime = _uptime(endpoint.pop("uptime_last_30m", None), f"{at}/uptime_last_30m")
    pricing = take_object(endpoint, "pricing", at)
    provider = Provider(
        name=take_text(endpoint, "provider_name", at),
        tag=take_optional_text(endpoint, "tag", at) or "",
        status=ENDPOINT_STATUSES.get(status_code, "unknown"),
        status_code=status_code if isinstance(status_code, int) else None,
        quantization=_quantization(endpoint, at),
        context_tokens=take_count(endpoint, "context_length", at) or None,
        max_output_tokens=take_count(endpoint, "max_completion_tokens", at) or None,
        uptime_percent=None if uptime is None else plain(uptime.quantize(UPTIME_PLACES)),
        uptime_said=None if uptime is None else plain(uptime),
        prices=read_prices(dict(pricing), f"{at}/pricing") or (),
        locator=at,
    )
    unread += [f"/endpoints{pointer}" for pointer in leftovers(endpoint) if pointer[1:] not in ENDPOINT_FIELDS_UNREAD]
    return provider


def _quantization(endpoint: Json, at: str) -> str | None:
    quantization = take_optional_text(endpoint, "quantization", at)
    return None if quantization == "unknown" else quantization


def _uptime(value: object, pointer: str) -> Decimal | None:
    if value is None:
        return None
    percent = decimal_at(value, pointer)
    if not 0 <= percent <= WHOLE:
        raise FieldError(pointer, f"is {plain(percent)}, not a percentage")
    return percent


def _facts(providers: tuple[Provider, ...], endpoints: list[Json]) -> list[Fact]:
    names = tuple(dict.fromkeys(provider.name for provider in providers))
    first = f"{providers[0].locator}/provider_name" if providers else ""
    facts = [Fact("provider_count", len(names), first, names[0])] if names else []
    if len(names) == 1:
        facts.append(Fact("only_provider", names[0], first, names[0]))
    unstated = [provider for provider in providers if provider.quantization is None]
    if unstated:
        said = endpoints[int(unstated[0].locator.rpartition("/")[2])].get("quantization")
        facts.append(Fact("quantization_unstated", len(unstated), f"{unstated[0].locator}/quantization", said))
    facts += _precision_facts(providers)
    facts += _uptime_facts(providers)
    return facts


def _precision_facts(providers: tuple[Provider, ...]) -> list[Fact]:
    first_with = {p.quantization: f"{p.locator}/quantization" for p in reversed(providers) if p.quantization}
    if len(first_with) <= 1:
        return []
    precisions = tuple(sorted(first_with))
    names = ("quantizations", "other_quantizations")
    return [Fact(name, precisions, first_with[p], p) for name, p in zip(names, precisions, strict=False)]


def _uptime_facts(providers: tuple[Provider, ...]) -> list[Fact]:
    measured = [provider for provider in providers if provider.uptime_said]
    if not measured:
        return []
    best = max(measured, key=lambda provider: Decimal(provider.uptime_said or 0))
    return [Fact("best_uptime_percent", best.uptime_percent or "", f"{best.locator}/uptime_last_30m", best.uptime_said)]


def _unfamiliar(providers: tuple[Provider, ...]) -> set[str]:
    return {provider.quantization for provider in providers if provider.quantization} - set(QUANTIZATIONS)
