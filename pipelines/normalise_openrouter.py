"""Reads a record of OpenRouter's model list: identity, facts and prices, each with its place in the record."""

from datetime import UTC, date, datetime

from pipelines.prices import price_facts, read_prices
from pipelines.record import (
    FieldError,
    Json,
    leftovers,
    parse_record,
    take,
    take_count,
    take_flag,
    take_object,
    take_optional_list,
    take_optional_object,
    take_optional_text,
    take_text,
    take_texts,
)
from pipelines.slugs import is_slug, slug_of, split_id
from pipelines.text import clean, unsafe_character
from pipelines.vocabulary import UNREAD_FIELDS, VOCABULARY
from schemas.listing import Fact, FactValue, Listing, Price, RawListing

TRUNCATION_MARKS = ("...", "…")
"""How OpenRouter ends a description that it has cut off (since 2026-04-07, at about 220 characters)."""

QUOTED_TAIL = 40
"""Characters of a cut-off description that are quoted to show the cut."""


def read_model(raw: RawListing) -> Listing:
    """Read one record of the list; raise FieldError naming the field that cannot be read."""
    record = parse_record(raw.body)
    listing_id, name = take_text(record, "id"), take_text(record, "name")
    ident, target = split_id(listing_id), _alias_target(record)
    facts = [Fact("listed", True, "/id", listing_id)]
    for read in (_read_identity, _read_architecture, _read_limits, _read_parameters, _read_reasoning, _read_dates):
        read(record, facts)
    prices = _read_pricing(record, facts)
    base_id = target or ident.base
    return Listing.model_construct(
        source=raw.source,
        id=listing_id,
        kind="alias" if ident.alias else "variant" if ident.variant else "router" if prices is None else "model",
        base_id=base_id,
        slug=_slug(base_id),
        variant=ident.variant,
        name=_safe(name, "/name"),
        author=base_id.partition("/")[0],
        facts=tuple(facts),
        prices=prices or (),
        providers=(),
        leftovers=tuple(pointer for pointer in leftovers(record) if pointer not in UNREAD_FIELDS),
        unfamiliar=tuple(fact.name for fact in facts if ":" in fact.name and fact.name not in VOCABULARY),
        url=raw.url,
        observed_at=raw.observed_at,
        content_sha256=raw.content_sha256,
    )


def _slug(base_id: str) -> str:
    slug = slug_of(base_id)
    if "/" not in base_id or not is_slug(slug):
        raise FieldError("/id", f"is not author/name of lower-case letters, digits, '.', '_' and '-': {base_id[:80]!r}")
    return slug


def _safe(name: str, pointer: str) -> str:
    if found := unsafe_character(name):
        raise FieldError(pointer, f"holds {found}, a control or bidirectional character that can disguise a name")
    return name


def _alias_target(record: Json) -> str | None:
    target = take_optional_object(record, "alias_target")
    return take_text(target, "slug", "/alias_target") if target else None


def _read_identity(record: Json, facts: list[Fact]) -> None:
    for name in ("canonical_slug", "hugging_face_id"):
        _add(facts, name, take_optional_text(record, name), f"/{name}")
    description = take_optional_text(record, "description")
    if description:
        facts.append(Fact("description", clean(description), "/description", description))
        if description.rstrip().endswith(TRUNCATION_MARKS):
            facts.append(Fact("description_truncated", len(description), "/description", description[-QUOTED_TAIL:]))


def _read_architecture(record: Json, facts: list[Fact]) -> None:
    architecture = take_object(record, "architecture")
    for group, field in (("input", "input_modalities"), ("output", "output_modalities")):
        words = take_texts(architecture, field, "/architecture")
        _add_each(facts, group, words, f"/architecture/{field}")
        facts.append(Fact(field, tuple(sorted(set(words))), f"/architecture/{field}", tuple(words)))
    for name in ("tokenizer", "instruct_type"):
        _add(facts, name, take_optional_text(architecture, name, "/architecture"), f"/architecture/{name}")


def _read_limits(record: Json, facts: list[Fact]) -> None:
    if "context_length" not in record:
        raise FieldError("/context_length", "is missing (null says that there is none)")
    _add(facts, "context_tokens", take_count(record, "context_length") or None, "/context_length")
    top = take_optional_object(record, "top_provider")
    for name, field in (("top_provider_context_tokens", "context_length"), ("max_output_tokens", "max_completion_tokens")):
        _add(facts, name, take_count(top, field, "/top_provider") or None, f"/top_provider/{field}")
    if facts[-1].name != "max_output_tokens":
        facts.append(Fact("max_output_unstated", True, "/top_provider/max_completion_tokens", None))
    _add(facts, "moderated", take_flag(top, "is_moderated", "/top_provider"), "/top_provider/is_moderated")
    limits = take_optional_object(record, "per_request_limits")
    for field in ("prompt_tokens", "completion_tokens"):
        name = f"per_request_{field}"
        _add(facts, name, take_count(limits, field, "/per_request_limits"), f"/per_request_limits/{field}")


def _read_parameters(record: Json, facts: list[Fact]) -> None:
    parameters = take_texts(record, "supported_parameters")
    _add_each(facts, "parameter", parameters, "/supported_parameters")
    facts.append(Fact("parameters", tuple(sorted(set(parameters))), "/supported_parameters", tuple(parameters)))
    voices = take_optional_list(record, "supported_voices")
    if voices:
        facts.append(Fact("voices", len(voices), "/supported_voices", tuple(str(voice) for voice in voices)))


def _read_reasoning(record: Json, facts: list[Fact]) -> None:
    reasoning = take_optional_object(record, "reasoning")
    _add(facts, "reasoning_mandatory", take_flag(reasoning, "mandatory", "/reasoning"), "/reasoning/mandatory")
    efforts = take_optional_list(reasoning, "supported_efforts", "/reasoning")
    _add_each(facts, "reasoning_effort", [str(effort) for effort in efforts], "/reasoning/supported_efforts")


def _read_dates(record: Json, facts: list[Fact]) -> None:
    created = take_count(record, "created")
    if created:
        released_on = datetime.fromtimestamp(created, UTC).date().isoformat()
        facts.append(Fact("released_on", released_on, "/created", created))
    for name, field in (("knowledge_cutoff", "knowledge_cutoff"), ("expires_on", "expiration_date")):
        _add(facts, name, _day(take_optional_text(record, field), f"/{field}"), f"/{field}")


def _day(text: str | None, pointer: str) -> str | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise FieldError(pointer, f"is {text[:40]!r}, not a day such as 2026-04-29") from None


def _read_pricing(record: Json, facts: list[Fact]) -> tuple[Price, ...] | None:
    pricing = take(record, "pricing")
    if not isinstance(pricing, dict):
        raise FieldError("/pricing", "is not an object of prices")
    prices = read_prices(pricing, "/pricing")
    facts += [Fact("routed_price", True, "/pricing/prompt", "-1")] if prices is None else price_facts(prices)
    return prices


def _add(facts: list[Fact], name: str, value: FactValue | None, locator: str) -> None:
    if value is not None:
        facts.append(Fact(name, value, locator, value))


def _add_each(facts: list[Fact], group: str, words: list[str], at: str) -> None:
    facts += [Fact(f"{group}:{word}", True, f"{at}/{place}", word) for place, word in enumerate(words)]
