"""Reads a record of OpenRouter's model list: identity, facts and prices, each with its locator."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from pipelines.formats.record_reader import FieldError, RecordReader, day, parse_record
from pipelines.formats.slugs import ID_TERMS, REPOSITORY_TERMS, ListingId, is_plain, is_repository, slug_of, split_id
from pipelines.formats.text import clean, clean_tail, disguise_in
from pipelines.normalise.facts import CALLED_UNCENSORED
from pipelines.normalise.name_match import names_match
from pipelines.normalise.openrouter.vocabulary import REASONING_EFFORTS, UNREAD_FIELDS, VOCABULARY
from pipelines.normalise.prices import price_facts, read_prices
from pipelines.normalise.refusals import called_uncensored
from pipelines.rules.purposes import purpose_rules
from pipelines.texts.descriptions import description_facts, is_cut_off
from pipelines.texts.names import name_facts
from pipelines.texts.purposes import listing_purposes
from pipelines.texts.subjects import Names, names_of
from pipelines.texts.traits import named_traits, trait_facts
from schemas.listing import AsStated, Fact, FactValue, Listing, Price, RawListing
from schemas.times import instant

QUOTED_TAIL = 40
"""Characters at the end of a cut-off description that are quoted to show the cut."""

ROUTER = "Router"
"""The tokenizer of a router: a listing that passes requests on to models with tokenizers of their own."""

MOVING = "-latest"
"""End of an id that stands for one model today and for another one later."""

LATEST_CREATED = 253_402_300_799
"""The last second of the year 9999, the latest that a date can be."""

FARTHEST_END = timedelta(days=3650)
"""An end this far after the observation or further is a placeholder (2098-12-31 and 9999-01-01 were recorded), not an
end."""


def read_model(raw: RawListing) -> Listing:
    """Read one record of the list; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    listing_id, name = record.line("id"), record.line("name")
    ident, target = _plain_id(listing_id, "/id"), _alias_target(record)
    facts = [Fact("listed", True, "/id", listing_id)]
    _add_stated(facts, "disguised_name", disguise_in(name), "/name", name)
    _read_refusals(name, listing_id, facts)
    _read_identity(record, facts)
    if ident.base.endswith(MOVING):
        facts.append(Fact("moving_id", True, "/id", listing_id))
    facts += name_facts(name, "/name")  # of equal facts the last one counts: the description's
    names = names_of(listing_id, name)
    description = _read_description(record, facts, names)
    if not any(fact.name == "parameter_count" for fact in facts):
        facts += named_traits(name, "/name")
    for read in (_read_architecture, _read_limits, _read_parameters, _read_reasoning):
        read(record, facts)
    _read_dates(record, facts, instant(raw.observed_at).date())
    prices = _read_pricing(record, facts)
    if not any(fact.name in purpose_rules().not_of for fact in facts):
        facts += listing_purposes(name, description or "", names)
    base_id = (target or ident).base
    aliased = ident.alias or target is not None
    routed = any(fact.name in ("router", "routed_price") for fact in facts)
    return Listing.model_construct(
        source=raw.source,
        id=listing_id,
        kind="alias" if aliased else "variant" if ident.variant else "router" if routed else "model",
        base_id=base_id,
        slug=slug_of(base_id),
        variant=ident.variant,
        name=name,
        author=base_id.partition("/")[0],
        facts=tuple(facts),
        prices=prices or (),
        providers=(),
        leftovers=tuple(pointer for pointer in record.leftovers() if pointer not in UNREAD_FIELDS),
        unfamiliar=tuple(fact.name for fact in facts if ":" in fact.name and _is_unfamiliar(fact)),
        same_as=_repository(base_id, facts),
        url=raw.url,
        observed_at=raw.observed_at,
        content_sha256=raw.content_sha256,
    )


def _repository(base_id: str, facts: list[Fact]) -> tuple[str, ...]:
    """The model's repository on the Hub; one of another name and owner is left out, as the model was made from it."""
    named = (str(fact.value) for fact in facts if fact.name == "hugging_face_id")
    return tuple(f"huggingface:{repository}" for repository in named if names_match(base_id, repository))


def _is_unfamiliar(fact: Fact) -> bool:
    """Whether a name contains a word of the source that is unknown; facts from descriptions have names of ours."""
    return fact.name not in VOCABULARY and fact.method == "structured"


def _plain_id(listing_id: str, at: str) -> ListingId:
    ident = split_id(listing_id)
    if not is_plain(ident):
        raise FieldError(at, f"is {listing_id[:80]!r}, not {ID_TERMS}")
    return ident


def _alias_target(record: RecordReader) -> ListingId | None:
    if record.peek("alias_target") is None:
        return None
    target = record.nested("alias_target")
    return _plain_id(target.line("slug"), target.place("slug"))


def _read_refusals(name: str, listing_id: str, facts: list[Fact]) -> None:
    """Read from its name, else from its id without the author, that it declines nothing."""
    for text, at, said in ((name, "/name", name), (listing_id.partition("/")[2], "/id", listing_id)):
        if word := called_uncensored(text):
            facts.append(Fact(CALLED_UNCENSORED, word, at, said))
            return


def _read_identity(record: RecordReader, facts: list[Fact]) -> None:
    _add(facts, "canonical_slug", record.optional_line("canonical_slug"), "/canonical_slug")
    repository = record.optional_line("hugging_face_id")
    if repository is not None and not ("/" in repository and is_repository(repository)):
        record.refuse("hugging_face_id", f"is {repository[:80]!r}, not {REPOSITORY_TERMS}")
    _add(facts, "hugging_face_id", repository, "/hugging_face_id")


def _read_description(record: RecordReader, facts: list[Fact], names: Names) -> str | None:
    """Add what the description states, apart from purposes; return it."""
    description = record.optional_text("description")
    if description:
        facts.append(Fact("description", clean(description), "/description", description))
        facts += description_facts(description, "/description", names)
        facts += trait_facts(description, "/description", names)
        if is_cut_off(description):
            tail = clean_tail(description, QUOTED_TAIL)
            facts.append(Fact("description_truncated", True, "/description", tail, "pattern"))
    return description


def _read_architecture(record: RecordReader, facts: list[Fact]) -> None:
    architecture = record.nested("architecture")
    for group, field in (("input", "input_modalities"), ("output", "output_modalities")):
        _add_words(facts, group, field, architecture.lines(field), f"/architecture/{field}")
    for name in ("tokenizer", "instruct_type"):
        _add(facts, name, architecture.optional_line(name), f"/architecture/{name}")
    facts += [Fact("router", True, fact.locator, fact.as_stated) for fact in facts if fact[:2] == ("tokenizer", ROUTER)]


def _read_limits(record: RecordReader, facts: list[Fact]) -> None:
    if "context_length" not in record:
        raise FieldError("/context_length", "is missing (null means that there is none)")
    _add(facts, "context_tokens", record.optional_count("context_length") or None, "/context_length")
    top = record.optional_nested("top_provider")
    context, output = top.optional_count("context_length"), top.optional_count("max_completion_tokens")
    _add(facts, "top_provider_context_tokens", context or None, "/top_provider/context_length")
    stated = [fact for fact in facts if fact.name in ("context_tokens", "top_provider_context_tokens")]
    facts += [fact._replace(name="offered_context_tokens") for fact in sorted(stated, key=_size)[:1]]
    if output:
        facts.append(Fact("max_output_tokens", output, "/top_provider/max_completion_tokens", output))
    else:
        facts.append(Fact("max_output_unstated", True, "/top_provider/max_completion_tokens", output))
    _add(facts, "moderated", top.optional_flag("is_moderated"), "/top_provider/is_moderated")
    limits = record.optional_nested("per_request_limits")
    for field in ("prompt_tokens", "completion_tokens"):
        _add(facts, f"per_request_{field}", limits.optional_count(field), f"/per_request_limits/{field}")


def _size(fact: Fact) -> int:
    return fact.value if isinstance(fact.value, int) else 0


def _read_parameters(record: RecordReader, facts: list[Fact]) -> None:
    _add_words(facts, "parameter", "parameters", record.lines("supported_parameters"), "/supported_parameters")
    voices = record.optional_lines("supported_voices")
    if voices:
        facts.append(Fact("voices", len(voices), "/supported_voices", tuple(voices)))


def _read_reasoning(record: RecordReader, facts: list[Fact]) -> None:
    reasoning = record.optional_nested("reasoning")
    _add(facts, "reasoning_mandatory", reasoning.optional_flag("mandatory"), "/reasoning/mandatory")
    efforts, at = reasoning.optional_lines("supported_efforts"), "/reasoning/supported_efforts"
    facts += _each("reasoning_effort", efforts, at)
    highest_first = tuple(sorted(set(efforts), key=_effort_order)) or None
    _add_stated(facts, "reasoning_efforts", highest_first, at, tuple(efforts))
    _add(facts, "reasoning_default_effort", reasoning.optional_line("default_effort"), "/reasoning/default_effort")
    _add(facts, "reasoning_default_enabled", reasoning.optional_flag("default_enabled"), "/reasoning/default_enabled")


def _effort_order(word: str) -> tuple[int, str]:
    known = word in REASONING_EFFORTS
    return (REASONING_EFFORTS.index(word) if known else len(REASONING_EFFORTS), word)


def _read_dates(record: RecordReader, facts: list[Fact], seen_on: date) -> None:
    """Read since when it is listed, up to when it knows of the world, and its announced end."""
    created = record.optional_count("created")
    if created:
        if created > LATEST_CREATED:
            raise FieldError("/created", f"is {created}, a second after the year 9999")
        facts.append(Fact("listed_on", datetime.fromtimestamp(created, UTC).date().isoformat(), "/created", created))
    _add(facts, "knowledge_cutoff", day(record, "knowledge_cutoff", or_month=True), "/knowledge_cutoff")
    end = day(record, "expiration_date")
    if end and date.fromisoformat(end) - seen_on < FARTHEST_END:
        facts.append(Fact("expires_on", end, "/expiration_date", end))


def _read_pricing(record: RecordReader, facts: list[Fact]) -> tuple[Price, ...] | None:
    pricing = record.nested("pricing")
    routed = pricing.peek("prompt")
    prices = read_prices(pricing)
    facts += [Fact("routed_price", True, "/pricing/prompt", routed)] if prices is None else price_facts(prices)
    return prices


def _add(facts: list[Fact], name: str, value: FactValue | None, locator: str) -> None:
    _add_stated(facts, name, value, locator, value)


def _add_stated(facts: list[Fact], name: str, value: FactValue | None, locator: str, place_value: AsStated) -> None:
    if value is not None:
        facts.append(Fact(name, value, locator, place_value))


def _add_words(facts: list[Fact], group: str, name: str, words: list[str], at: str) -> None:
    """Add facts of each word and of the whole list; an empty list states nothing."""
    if words:
        facts += _each(group, words, at)
        facts.append(Fact(name, tuple(sorted(set(words))), at, tuple(words)))


def _each(group: str, words: Iterable[str], at: str) -> list[Fact]:
    """Facts of each word, sorted, since the source's order changes from answer to answer."""
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        places.setdefault(word, place)
    return [Fact(f"{group}:{word}", True, f"{at}/{place}", word) for word, place in sorted(places.items())]
