"""Reads a record of the Hugging Face Hub: a repository, or an observation that it is not there."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from pipelines.formats.record_reader import FieldError, RecordReader, parse_record, shown
from pipelines.normalise.facts import MADE_ANEW, MOVED, REPLACED, SOUGHT, UNSEEN, add_fact, unfamiliar
from pipelines.normalise.huggingface.benchmarks import file_results, index_results
from pipelines.normalise.huggingface.card_data import (
    declared_code,
    declared_languages,
    declared_licence,
    declared_licences,
)
from pipelines.normalise.huggingface.files import file_facts
from pipelines.normalise.huggingface.listing import hub_listing, repository_name
from pipelines.normalise.huggingface.providers import read_providers
from pipelines.normalise.huggingface.tags import (
    base_model_facts,
    language_facts,
    licence_tag,
    refusal_facts,
    tag_facts,
    tagged_licence,
)
from pipelines.normalise.huggingface.vocabulary import HUB_VOCABULARY, RELATIONS, UNREAD_FIELDS
from pipelines.texts.names import name_facts
from schemas.listing import Fact, Listing, RawListing

HUB: Final = "huggingface"

DAY: Final = 10
"""Characters of the day in a time."""

FIRST_CREATED: Final = "2022-03-02T23:29:04.000Z"
"""When the Hub began to note when repositories are created; it states this of all that are older."""


def read_repository(raw: RawListing) -> Listing:
    """Read one record of the Hub; raise FieldError naming the field that cannot be read."""
    record = RecordReader(parse_record(raw.body))
    if "asked" in record and "error" in record:
        return _absence(record, raw)
    if "asked" in record and "found" in record:
        return _elsewhere(record, raw)
    id_field = "id" if "id" in record else "modelId"
    repository = _repository(record, id_field)
    card = _card_data(record)
    facts = _identity(repository, f"/{id_field}")
    _read_access(record, facts, raw.succeeds)
    _read_figures(record, facts)
    _read_tags(record, card, facts)
    task = next((fact.name.partition(":")[2] for fact in facts if fact.name.startswith("task:")), None)
    facts += name_facts(repository, f"/{id_field}", task)
    served = read_providers(record.take_optional("inferenceProviderMapping"))
    return hub_listing(
        raw,
        repository,
        kind="model",
        facts=tuple(facts),
        providers=served.providers,
        results=_results(record, card),
        same_as=(*_former_names(raw, repository), *declared_code(card, repository)),
        leftovers=tuple(pointer for pointer in record.leftovers() if pointer not in UNREAD_FIELDS),
        unfamiliar=(*unfamiliar(facts, ("task",), HUB_VOCABULARY), *_unfamiliar_relations(facts), *served.unfamiliar),
    )


def _absence(record: RecordReader, raw: RawListing) -> Listing:
    """The Hub's answer for a repository that is private or does not exist; it does not say which."""
    asked = _repository(record, "asked")
    record.optional_text("error")
    status = record.optional_count("status")
    if status is None:
        record.refuse("status", "is missing: it must be the answer's HTTP status")
    missing = Fact(UNSEEN, status, "/status", status)
    return hub_listing(raw, asked, kind="absence", facts=(missing,), leftovers=tuple(record.leftovers()))


def _elsewhere(record: RecordReader, raw: RawListing) -> Listing:
    """An observation that we recorded: the new name of a repository, or the other one that now has its name."""
    asked, found = _repository(record, "asked"), _repository(record, "found")
    sought, identity = record.line("sought_id"), record.line("found_id")
    succeeded = record.optional_line("succeeded_id")
    moved, facts = identity == sought, [Fact(SOUGHT, sought, "/sought_id", sought)]
    if moved:
        facts.append(Fact(MOVED, found, "/found", found))
    if succeeded or not moved:
        facts.append(Fact(REPLACED, identity, "/found_id", identity))
    names = (found,) if moved else raw.formerly
    same_as = tuple(f"{HUB}:{name}" for name in names)
    leftovers = tuple(record.leftovers())
    return hub_listing(raw, asked, kind="absence", facts=tuple(facts), same_as=same_as, leftovers=leftovers)


def _repository(record: RecordReader, field: str) -> str:
    return repository_name(record.line(field), f"/{field}")


def _card_data(record: RecordReader) -> dict[str, Any]:
    card = record.take_optional("cardData")
    if card is not None and not isinstance(card, dict):
        record.refuse("cardData", f"is {shown(card)}, not an object or null")
    return card or {}


def _identity(repository: str, at: str) -> list[Fact]:
    facts = [Fact(name, True, at, repository) for name in ("listed", "repository")]
    return [*facts, Fact("hugging_face_id", repository, at, repository)]


def _read_access(record: RecordReader, facts: list[Fact], succeeds: str | None) -> None:
    identity = record.optional_line("_id")
    add_fact(facts, "repository_id", identity, "/_id")
    if identity and succeeds and succeeds != identity:
        facts.append(Fact(MADE_ANEW, True, "/_id", identity))
    gate = record.take_optional("gated") if record.peek("gated") is False else record.optional_line("gated")
    add_fact(facts, "gated", gate or None, "/gated")
    add_fact(facts, "disabled", record.optional_flag("disabled"), "/disabled")


def _read_figures(record: RecordReader, facts: list[Fact]) -> None:
    add_fact(facts, "downloads", record.optional_count("downloads"), "/downloads")
    add_fact(facts, "likes", record.optional_count("likes"), "/likes")
    for name, field, length in (("listed_on", "createdAt", DAY), ("last_modified", "lastModified", None)):
        instant = record.optional_line(field)
        if instant is not None and instant != FIRST_CREATED:
            facts.append(Fact(name, _time(instant, field)[:length], f"/{field}", instant))
    parameters = record.optional_nested("safetensors").optional_count("total")
    add_fact(facts, "parameter_count", parameters or None, "/safetensors/total")


def _read_tags(record: RecordReader, card: dict[str, Any], facts: list[Fact]) -> None:
    """Read what the tags state where the card, from which the Hub made them, does not state it or states otherwise."""
    tags = record.optional_lines("tags")
    declared = declared_licence(card)
    opposed = licence_tag(tags, declared_licences(card)) if declared else None
    disabled = any(fact.name == "disabled" and fact.value is True for fact in facts)
    facts += declared or tagged_licence(tags)
    facts += [opposed] if opposed else []
    facts += file_facts(record.take_optional("siblings"), tags, disabled=disabled)
    task = record.optional_line("pipeline_tag")
    if task:
        facts.append(Fact(f"task:{task}", True, "/pipeline_tag", task))
    add_fact(facts, "library", record.optional_line("library_name"), "/library_name")
    facts += declared_languages(card) or language_facts(tags)
    facts += base_model_facts(tags)
    facts += tag_facts(tags)
    facts += refusal_facts(facts[0], tags)
    if tags:
        facts.append(Fact("hub_tags", tuple(tags), "/tags", tuple(tags)))


def _results(record: RecordReader, card: dict[str, Any]) -> tuple[Any, ...]:
    of_files = file_results(record.take_optional("evalResults"), "/evalResults")
    of_index = index_results(record.take_optional("model-index"), "/model-index")
    return of_files or of_index or index_results(card.get("model-index"), "/cardData/model-index")


def _former_names(raw: RawListing, repository: str) -> tuple[str, ...]:
    """The former names of the repository, and the name that it was asked for by if that has the same owner.

    Other redirects do not count: a name that its owner gave up can be registered by somebody else.
    """
    asked, owner = raw.asked_as or "", repository.partition("/")[0].lower()
    redirected = [asked] if "/" in asked and asked.partition("/")[0].lower() == owner else []
    names = {name.lower(): name for name in (*redirected, *raw.formerly)}
    return tuple(f"{HUB}:{name}" for key, name in names.items() if key != repository.lower())


def _unfamiliar_relations(facts: Iterable[Fact]) -> Iterator[str]:
    """Names of facts of base models whose relation is unknown."""
    named = (fact.name.split(":") for fact in facts)
    return (":".join(words) for words in named if words[0] == "base_model" and words[1] not in RELATIONS)


def _time(instant: str, field: str) -> str:
    try:
        datetime.fromisoformat(instant)
    except ValueError as error:
        raise FieldError(f"/{field}", f"is {instant[:40]!r}, not a time such as 2026-04-29T12:00:00.000Z") from error
    return instant
