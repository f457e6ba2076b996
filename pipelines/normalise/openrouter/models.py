"""Reads a record of OpenRouter's model list: identity, facts and prices, each with its locator."""

from datetime import UTC, date, datetime, timedelta

from pipelines.formats.record_reader import FieldError, RecordReader, day, parse_record
from pipelines.formats.slugs import ID_TERMS, REPOSITORY_TERMS, ListingId, is_plain, is_repository, slug_of, split_id
from pipelines.formats.text import clean, clean_tail, disguise_in
from pipelines.normalise.facts import CALLED_UNCENSORED, add_fact, stated_words, unfamiliar, word_facts
from pipelines.normalise.name_match import names_match
from pipelines.normalise.openrouter.vocabulary import GROUPS, REASONING_EFFORTS, UNREAD_FIELDS, VOCABULARY
from pipelines.normalise.prices import price_facts, read_prices
from pipelines.normalise.refusals import called_uncensored
from pipelines.rules.purposes import purpose_rules
from pipelines.texts.descriptions import description_facts, is_cut_off
from pipelines.texts.instructions import instruction_facts
from pipelines.texts.names import name_facts
from pipelines.texts.purposes import listing_purposes
from pipelines.texts.subjects import Names, names_of
from pipelines.texts.traits import COUNT, id_traits, named_traits, trait_facts
from schemas.listing import Fact, Listing, Price, RawListing
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
    add_fact(facts, "disguised_name", disguise_in(name), "/name", name)
    facts += instruction_facts(name, "/name")
    _read_refusals(name, listing_id, facts)
    _read_identity(record, facts)
    if ident.base.endswith(MOVING):
        facts.append(Fact("moving_id", True, "/id", listing_id))
    facts += name_facts(name, "/name")  # of equal facts the last one counts: the description's
    names = names_of(listing_id, name)
    description = _read_description(record, facts, names)
    if not any(fact.name == COUNT for fact in facts):
        facts += named_traits(name, "/name") or id_traits(ident.base, "/id")
    for read in (_read_architecture, _read_limits, _read_parameters, _read_reasoning):
        read(record, facts)
    _read_dates(record, facts, instant(raw.observed_at).date())
    prices = _read_pricing(record, facts)
    stated = {fact.name for fact in facts}
    if stated.isdisjoint(purpose_rules().not_of):
        facts += listing_purposes(name, description or "", names)
    base_id = (target or ident).base
    aliased = ident.alias or target is not None
    routed = not stated.isdisjoint(("router", "routed_price"))
    return Listing.of(
        raw,
        id=listing_id,
        kind="alias" if aliased else "variant" if ident.variant else "router" if routed else "model",
        base_id=base_id,
        slug=slug_of(base_id),
        variant=ident.variant,
        name=name,
        facts=tuple(facts),
        prices=prices or (),
        leftovers=tuple(pointer for pointer in record.leftovers() if pointer not in UNREAD_FIELDS),
        unfamiliar=unfamiliar(facts, GROUPS, VOCABULARY),
        same_as=_repository(base_id, facts),
    )


def _repository(base_id: str, facts: list[Fact]) -> tuple[str, ...]:
    """The model's repository on the Hub; one of another name and owner is left out, as the model was made from it."""
    named = (str(fact.value) for fact in facts if fact.name == "hugging_face_id")
    return tuple(f"huggingface:{repository}" for repository in named if names_match(base_id, repository))


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
    for text, at, stated in ((name, "/name", name), (listing_id.partition("/")[2], "/id", listing_id)):
        if word := called_uncensored(text):
            facts.append(Fact(CALLED_UNCENSORED, word, at, stated))
            return


def _read_identity(record: RecordReader, facts: list[Fact]) -> None:
    add_fact(facts, "canonical_slug", record.optional_line("canonical_slug"), "/canonical_slug")
    repository = record.optional_line("hugging_face_id")
    if repository is not None and not ("/" in repository and is_repository(repository)):
        record.refuse("hugging_face_id", f"is {repository[:80]!r}, not {REPOSITORY_TERMS}")
    add_fact(facts, "hugging_face_id", repository, "/hugging_face_id")


def _read_description(record: RecordReader, facts: list[Fact], names: Names) -> str | None:
    """Add what the description states, apart from purposes; return it."""
    description = record.optional_text("description")
    if description:
        facts.append(Fact("description", clean(description), "/description", description))
        facts += description_facts(description, "/description", names)
        facts += trait_facts(description, "/description", names)
        facts += instruction_facts(description, "/description")
        if is_cut_off(description):
            tail = clean_tail(description, QUOTED_TAIL)
            facts.append(Fact("description_truncated", True, "/description", tail, "pattern"))
    return description


def _read_architecture(record: RecordReader, facts: list[Fact]) -> None:
    architecture = record.nested("architecture")
    for group, field in (("input", "input_modalities"), ("output", "output_modalities")):
        facts += stated_words(group, field, architecture.lines(field), f"/architecture/{field}")
    tokenizer, at = architecture.optional_line("tokenizer"), "/architecture/tokenizer"
    add_fact(facts, "tokenizer", tokenizer, at)
    add_fact(facts, "instruct_type", architecture.optional_line("instruct_type"), "/architecture/instruct_type")
    if tokenizer == ROUTER:
        facts.append(Fact("router", True, at, tokenizer))


def _read_limits(record: RecordReader, facts: list[Fact]) -> None:
    if "context_length" not in record:
        raise FieldError("/context_length", "is missing (null means that there is none)")
    stated: list[Fact] = []
    add_fact(stated, "context_tokens", record.optional_count("context_length") or None, "/context_length")
    top = record.optional_nested("top_provider")
    context, output = top.optional_count("context_length"), top.optional_count("max_completion_tokens")
    add_fact(stated, "top_provider_context_tokens", context or None, "/top_provider/context_length")
    facts += stated
    if stated:
        least = min(stated, key=_size)
        facts.append(Fact("offered_context_tokens", least.value, least.locator, least.as_stated))
    if output:
        facts.append(Fact("max_output_tokens", output, "/top_provider/max_completion_tokens", output))
    else:
        facts.append(Fact("max_output_unstated", True, "/top_provider/max_completion_tokens", output))
    add_fact(facts, "moderated", top.optional_flag("is_moderated"), "/top_provider/is_moderated")
    limits = record.optional_nested("per_request_limits")
    for field in ("prompt_tokens", "completion_tokens"):
        add_fact(facts, f"per_request_{field}", limits.optional_count(field), f"/per_request_limits/{field}")


def _size(fact: Fact) -> int:
    return fact.value if isinstance(fact.value, int) else 0


def _read_parameters(record: RecordReader, facts: list[Fact]) -> None:
    facts += stated_words("parameter", "parameters", record.lines("supported_parameters"), "/supported_parameters")
    voices = record.optional_lines("supported_voices")
    if voices:
        facts.append(Fact("voices", len(voices), "/supported_voices", tuple(voices)))


def _read_reasoning(record: RecordReader, facts: list[Fact]) -> None:
    reasoning = record.optional_nested("reasoning")
    add_fact(facts, "reasoning_mandatory", reasoning.optional_flag("mandatory"), "/reasoning/mandatory")
    efforts, at = reasoning.optional_lines("supported_efforts"), "/reasoning/supported_efforts"
    facts += word_facts("reasoning_effort", efforts, at)
    highest_first = tuple(sorted(set(efforts), key=_effort_order)) or None
    add_fact(facts, "reasoning_efforts", highest_first, at, tuple(efforts))
    add_fact(facts, "reasoning_default_effort", reasoning.optional_line("default_effort"), "/reasoning/default_effort")
    enabled = reasoning.optional_flag("default_enabled")
    add_fact(facts, "reasoning_default_enabled", enabled, "/reasoning/default_enabled")


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
    add_fact(facts, "knowledge_cutoff", day(record, "knowledge_cutoff", or_month=True), "/knowledge_cutoff")
    end = day(record, "expiration_date")
    if end and date.fromisoformat(end) - seen_on < FARTHEST_END:
        facts.append(Fact("expires_on", end, "/expiration_date", end))


def _read_pricing(record: RecordReader, facts: list[Fact]) -> tuple[Price, ...] | None:
    pricing = record.nested("pricing")
    routed = pricing.peek("prompt")
    prices = read_prices(pricing)
    facts += [Fact("routed_price", True, "/pricing/prompt", routed)] if prices is None else price_facts(prices)
    return prices
