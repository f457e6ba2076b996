"""Reads an entry of models.dev's catalogue: facts of the model, and in OpenRouter's section also those of its offer."""

import re
from decimal import Context, Inexact

from pipelines.formats.dates import is_day
from pipelines.formats.decimals import plain
from pipelines.formats.record_reader import FieldError, RecordReader, as_stated, day, decimal, parse_record, shown
from pipelines.formats.slugs import is_repository
from pipelines.formats.text import clean
from pipelines.normalise.facts import add_fact, list_fact, unfamiliar, word_facts
from pipelines.normalise.openrouter.vocabulary import VOCABULARY
from pipelines.normalise.prices import PRICE_UNITS, price_facts
from schemas.listing import Fact, Listing, Price, RawListing

SELLER, HUB = "openrouter", "huggingface"
"""Sections whose ids are those of a source of ours: OpenRouter's listings, and repositories on the Hub.

In other sections an id like author/name is a provider's own, and what is stated there can be of another model: of the
recorded entries that would fit a repository, three in ten call its weights closed, and six in ten state another
knowledge cut-off.
"""

WORDS = {"pdf": "file"}
"""Modality in the catalogue → OpenRouter's word for it, where that differs."""

PRICES = {
    "input": "prompt",
    "output": "completion",
    "reasoning": "internal_reasoning",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "input_audio": "audio",
    "output_audio": "audio_output",
}
"""Price field of the catalogue (US dollars per million tokens) → kind of price."""

CLAIMS = {"tool_call": "tools", "reasoning": "reasoning", "structured_output": "structured_outputs"}
"""Yes-or-no field of the catalogue → the parameter that it claims or denies."""

UNREAD = frozenset(
    [
        "/attachment",  # whether files can be sent: the modalities state which
        "/family",  # a name among names
        "/temperature",  # a setting of a call
        "/last_updated",  # the catalogue's own date of the entry
        "/status",  # alpha, beta or deprecated, by the catalogue's judgement; the listing states its own end
        "/interleaved",  # how a client passes reasoning back
        "/provider",  # how a client calls it
        "/experimental",  # other modes of a call, with their prices
        "/limit/input",  # the context is read
        "/cost/context_over_200k",  # the listing states its own conditions
        "/cost/tiers",  # likewise
    ]
)
"""Known fields that are left out on purpose, each with its reason."""

OFFER = frozenset(["/cost", "/limit", "/modalities", *(f"/{field}" for field in CLAIMS)])
"""Fields of a provider's own terms: outside OpenRouter's section they describe an offer that no passport shows."""

MILLION = 6
"""The power of ten of a million."""

LONGEST_KEY = 100
"""Most characters of an id in a JSON Pointer that `RecordReader` writes; the longest recorded one has 80."""

_EXACT = Context(prec=100, traps=[Inexact])
_UNFIT_FOR_SLUG = re.compile(r"[^a-z0-9._-]+")
_LONGEST_SLUG = 200


def read_entry(raw: RawListing) -> Listing:
    """Read one entry; raise FieldError naming the field that cannot be read."""
    section, key, entry = _opened(raw.body)
    model_id = entry.line("id")
    if model_id != key or raw.id != f"{section}/{key}":
        entry.refuse("id", f"is {model_id[:80]!r} under {key[:80]!r} in the record of {raw.id[:80]!r}")
    facts = _model_facts(entry)
    prices = _offer_facts(entry, facts) if section == SELLER else ()
    read_past = UNREAD if section == SELLER else UNREAD | OFFER
    return Listing.of(
        raw,
        kind="entry",
        slug=_slug(raw.id),
        name=_name(entry) or model_id,
        author=model_id.rpartition("/")[0] or section,
        facts=tuple(facts),
        prices=prices,
        same_as=_same_as(section, model_id),
        leftovers=tuple(pointer for pointer in _left(entry) if pointer not in read_past),
        unfamiliar=unfamiliar(facts, ("input", "output"), VOCABULARY),
    )


def _opened(body: str) -> tuple[str, str, RecordReader]:
    """The section, the model's id in it, and the record's one entry."""
    catalogue = RecordReader(parse_record(body))
    section = _only(catalogue, "section")
    models = catalogue.nested(section).nested("models")
    key = _only(models, "model")
    return section, key, models.nested(key)


def _only(record: RecordReader, what: str) -> str:
    """The name of the only field. One too long for our JSON Pointers is refused: no locator could resolve."""
    names = record.names()
    if len(names) != 1:
        raise FieldError(record.at, f"has {len(names)} fields instead of one {what}")
    if len(names[0]) + sum(map(names[0].count, "~/")) > LONGEST_KEY:
        record.refuse(names[0], f"names a {what} in more than {LONGEST_KEY} characters")
    return names[0]


def _left(entry: RecordReader) -> list[str]:
    """Pointers to the fields that were not read, relative to the entry, so that all entries have the same."""
    return [pointer.removeprefix(entry.at) for pointer in entry.leftovers()]


def _name(entry: RecordReader) -> str:
    """The model's name in the catalogue, in one line; some end in a tab."""
    return " ".join(clean(entry.optional_text("name") or "").split())


def _model_facts(entry: RecordReader) -> list[Fact]:
    """Facts of the model, whoever serves it; a release date without a day is left out, as passports show days."""
    facts: list[Fact] = []
    if is_day(released_on := day(entry, "release_date", or_month=True) or ""):
        add_fact(facts, "released_on", released_on, entry.place("release_date"))
    add_fact(facts, "knowledge_cutoff", day(entry, "knowledge", or_month=True), entry.place("knowledge"))
    add_fact(facts, "open_weights", entry.optional_flag("open_weights"), entry.place("open_weights"))
    return facts


def _offer_facts(entry: RecordReader, facts: list[Fact]) -> tuple[Price, ...]:
    """Facts and prices of the offer; a limit of 0 means that it is not known."""
    limit = entry.optional_nested("limit")
    for field, name in (("context", "context_tokens"), ("output", "max_output_tokens")):
        add_fact(facts, name, limit.optional_count(field) or None, limit.place(field))
    modalities = entry.optional_nested("modalities")
    for group in ("input", "output"):
        words, at = modalities.optional_lines(group), modalities.place(group)
        facts += [*word_facts(group, words, at, WORDS), *list_fact(f"{group}_modalities", words, at, WORDS)]
    for field, claim in CLAIMS.items():
        add_fact(facts, f"claimed:{claim}", entry.optional_flag(field), entry.place(field))
    prices = _prices(entry.optional_nested("cost"))
    facts += price_facts(prices)
    return prices


def _prices(cost: RecordReader) -> tuple[Price, ...]:
    stated = ((field, cost.take_optional(field)) for field in PRICES)
    return tuple(_price(field, value, cost) for field, value in stated if value is not None)


def _price(field: str, value: object, cost: RecordReader) -> Price:
    """Convert US dollars per million tokens to dollars per token, to the last digit."""
    amount = decimal(value, cost.place(field))
    if isinstance(value, str) or amount < 0:
        cost.refuse(field, f"is {shown(value)}, not a number of 0 or more")
    kind = PRICES[field]
    return Price(kind, plain(_EXACT.scaleb(amount, -MILLION)), PRICE_UNITS[kind], cost.place(field), as_stated(value))


def _same_as(section: str, model_id: str) -> tuple[str, ...]:
    stated = section == SELLER or (section == HUB and "/" in model_id and is_repository(model_id))
    return (f"{section}:{model_id}",) if stated else ()


def _slug(listing_id: str) -> str:
    """A slug that fits a key of the store; no passport is named by it."""
    return _UNFIT_FOR_SLUG.sub("-", listing_id.lower()).lstrip("._-")[:_LONGEST_SLUG] or "entry"
