"""Reads a model card: what its front matter declares, and the limits of the model that its sentences state."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from pipelines.formats.text import clean
from pipelines.markdown.front_matter import FrontMatter, read_front_matter
from pipelines.markdown.sentences import SectionSentences, is_full, read_body
from pipelines.markdown.text import is_cut, no_card
from pipelines.normalise.huggingface.benchmarks import fit
from pipelines.normalise.huggingface.card_data import MOST_LANGUAGES, is_word
from pipelines.normalise.huggingface.card_statements import stated_facts
from pipelines.normalise.huggingface.code_link import code_of
from pipelines.normalise.huggingface.listing import repository_name, text_listing
from pipelines.normalise.huggingface.spellings import OTHER, is_licence_name, language_code, licence_facts, licence_id
from pipelines.normalise.huggingface.stated_licence import UNCLEAR, licence_in_text
from pipelines.normalise.huggingface.tags import MOST_BASE_MODELS, REPOSITORY
from pipelines.normalise.huggingface.vocabulary import RELATIONS
from pipelines.texts.cards import claims_in
from pipelines.texts.descriptions import kinds_in
from pipelines.texts.instructions import instruction_facts
from pipelines.texts.purposes import card_purposes
from pipelines.texts.rulings import TextClaim
from pipelines.texts.subjects import Names, names_of
from pipelines.texts.traits import is_whole
from schemas.listing import BenchmarkResult, Fact, Listing, RawListing

MOST_LIMITS: Final = 40
"""Most sentences that are retained of one card."""

LONGEST_QUOTE_BYTES: Final = 1000
"""A longer declaration is quoted only by the line that holds the word."""

PASSED_OVER: Final = "/front_matter"
"""Leftover that the run report counts for a card whose front matter could not be read whole; its text is still read."""
BEYOND: Final = "/beyond"
"""Leftover that the run report counts for a card with more bytes, lines or sentences than are read of one."""


class Quote(NamedTuple):
    """Words of a card, and their locator."""

    text: str
    locator: str
    """"bytes:10-52": from the first byte to the one after the last."""


def read_card(raw: RawListing) -> Listing:
    """Read one card; raise FieldError where its id is no repository. What cannot be understood states nothing."""
    repository_name(raw.id, "", "is of")
    card = raw.body.encode()
    front = read_front_matter(card)
    body = read_body(card, front.body_offset)
    names = names_of(raw.id)
    is_none, too_long = no_card(card) is not None, is_cut(card) or is_full(body)
    return text_listing(
        raw,
        kind="card",
        facts=(
            *_declared(card, front),
            *stated_facts(card, body, names if is_whole(raw.id) else None, declares_base=bool(front.base_models)),
            *_limits(claims_in(card, body)),
            *_kinds(card, body, names),
            *card_purposes(card, body, names),
            *instruction_facts(raw.body),
        ),
        results=_results(card, front),
        same_as=() if is_none else code_of(raw.id, [raw.body]),
        leftovers=() if is_none else (*((PASSED_OVER,) if front.faults else ()), *((BEYOND,) if too_long else ())),
        unfamiliar=_unfamiliar(front),
    )


def _declared(card: bytes, front: FrontMatter) -> Iterator[Fact]:
    """Facts that the front matter declares, each quoted with its lines."""
    yield from _licence(card, front)
    key = "/language" if "/language" in front.spans else "/languages"
    coded = {f"language:{code}": word for word in reversed(front.languages) if (code := language_code(word))}
    yield from _quoted(card, front, key, dict(sorted(coded.items())[:MOST_LANGUAGES]))
    if front.languages and not coded:
        yield from _quoted(card, front, key, {"languages_stated": front.languages[0]})
    relation = front.base_model_relation or RELATIONS[0]
    bases = [base for base in front.base_models if REPOSITORY.match(base)] if _is_plain(relation) else []
    named = {f"base_model:{relation}:{base}": base for base in bases[:MOST_BASE_MODELS]}
    yield from _quoted(card, front, "/base_model", named)


def _licence(card: bytes, front: FrontMatter) -> Iterator[Fact]:
    """The declared licence, by its name where the Hub has no id for it; else the one that the text states."""
    declared, key = front.licence, f"/{front.licence_key}"
    value = licence_id(declared) if declared else None
    if value == OTHER and front.licence_name and is_licence_name(front.licence_name):
        value, declared, key = front.licence_name, front.licence_name, "/license_name"
    if not declared:
        yield from licence_in_text(card, front.body_offset)
    elif (quote := _quote(card, front.spans.get(key), declared)) and is_word(declared):
        stated = Fact(UNCLEAR, declared, quote.locator, quote.text, "declared")
        yield from licence_facts(value, quote.locator, quote.text, "declared") if value else [stated]


def _quoted(card: bytes, front: FrontMatter, key: str, stated: dict[str, str]) -> Iterator[Fact]:
    """Facts of one key, without words that cannot be quoted; a fact of a group is True, another is its own word."""
    for name, word in stated.items():
        quote = _quote(card, front.spans.get(key), word)
        if quote and is_word(word):
            yield Fact(name, True if ":" in name else word, quote.locator, quote.text, "declared")


def _quote(card: bytes, span: tuple[int, int] | None, word: str) -> Quote | None:
    """Quote a declaration whole, or if it is too long the line that holds the word."""
    if span is None:
        return None
    start, end = span
    if end - start > LONGEST_QUOTE_BYTES:
        at = card.find(word.encode(), start, end)
        if at < 0:
            return None
        start = max(start, card.rfind(b"\n", 0, at) + 1)
        end = min(found if (found := card.find(b"\n", at)) >= 0 else end, end)
    return _cut(card, start, end)


def _cut(card: bytes, start: int, end: int) -> Quote | None:
    """The words between two bytes, without white space around them; None where they cannot be shown unchanged."""
    words = card[start:end]
    start += len(words) - len(words.lstrip())
    words = words.strip()
    text = words.decode("utf-8", "replace")
    fits = 0 < len(words) <= LONGEST_QUOTE_BYTES and clean(text) == text
    return Quote(text, f"bytes:{start}-{start + len(words)}") if fits else None


def _limits(claims: Iterable[TextClaim]) -> list[Fact]:
    """Sentences that state limits, in the card's order; each failure mode's first one is retained before any second."""
    limits: list[tuple[int, TextClaim]] = []
    seen: Counter[str] = Counter()
    for claim in claims:
        if clean(claim.quote) == claim.quote:
            limits.append((seen[claim.name or ""], claim))
            seen[claim.name or ""] += bool(claim.name)
    limits = sorted(limits, key=lambda one: one[0])[:MOST_LIMITS]
    return [_limit(claim) for claim in sorted((claim for _, claim in limits), key=lambda claim: claim.start)]


def _limit(claim: TextClaim) -> Fact:
    name = f"limit:{claim.name or f'plain-{claim.start}'}"
    return Fact(name, claim.quote, f"bytes:{claim.start}-{claim.end}", claim.quote, claim.method)


def _kinds(card: bytes, body: Sequence[SectionSentences], names: Names) -> Iterator[Fact]:
    """Limits that follow from the kind of model that its sentences state; a card never states a capability."""
    seen = set[str]()
    for sentence in chain.from_iterable(part.sentences for part in body):
        for states, kind in kinds_in(sentence.text, names):
            quote = card[sentence.start : sentence.end].decode("utf-8", "replace")
            if states != "capability" and kind not in seen and clean(quote) == quote:
                seen.add(kind)
                yield Fact(f"limit:{kind}", quote, f"bytes:{sentence.start}-{sentence.end}", quote, "pattern")


def _results(card: bytes, front: FrontMatter) -> tuple[BenchmarkResult, ...]:
    """Results of `model-index`, each quoted with its lines."""
    return fit(
        BenchmarkResult(one.task, one.dataset, one.metric, one.value, quote.locator, quote.text)
        for one in front.results
        if (span := front.spans.get(one.pointer)) and (quote := _cut(card, *span))
    )


def _unfamiliar(front: FrontMatter) -> tuple[str, ...]:
    relation = front.base_model_relation
    return (f"base_model:{relation}",) if relation and front.base_models and relation not in RELATIONS else ()


def _is_plain(relation: str) -> bool:
    return is_word(relation) and ":" not in relation
