"""Builds the `artifact.model` block: what the sources state of the model, and the evidence of each statement."""

from collections.abc import Iterable

from pipelines.enrich.evidence import Document, from_claim, stated
from pipelines.merge.agreement import agreeing
from pipelines.merge.subject import STANDARD_OFFER, Subject
from pipelines.normalise.prices import is_free
from pipelines.passport.facets import facet_blocks, facet_evidence
from schemas.listing import BenchmarkResult, Listing, Price, Provider

AT = "/artifact/model"

FACT_OF = {
    "canonical_slug": "canonical_slug",
    "huggingface_id": "hugging_face_id",
    "licence": "licence",
    "open_weights": "open_weights",
    "context_tokens": "context_tokens",
    "max_output_tokens": "max_output_tokens",
    "input_modalities": "input_modalities",
    "output_modalities": "output_modalities",
    "parameters": "parameters",
    "knowledge_cutoff": "knowledge_cutoff",
    "released_on": "released_on",
    "listed_on": "listed_on",
    "expires_on": "expires_on",
    "parameter_count": "parameter_count",
    "gated": "gated",
    "sampling_rate_hz": "sampling_rate_hz",
    "casing": "casing",
    "max_sequence_tokens": "max_sequence_tokens",
    "successor": "successor",
}
"""Key of the block → the fact that it shows."""

FROM_CARDS = ("sampling_rate_hz", "casing", "max_sequence_tokens")
"""Keys that, as `training_data`, are there only where a text states them."""

UNREAD = {"licence": ("licence", "licence_stated"), "languages": ("language", "languages_stated")}
"""Key of the block → its fact or group, and the fact of what is stated there and is no such value.

It is quoted where there is no value.
"""

MODALITY_ORDER = ("text", "image", "file", "audio", "video", "embeddings", "rerank", "speech", "transcription")
_MODALITY_PLACE = {word: place for place, word in enumerate(MODALITY_ORDER)}


def model_block(subject: Subject) -> Document:
    """Build the `artifact.model` block: unstated keys are null or empty, or left out if only texts state them."""
    claims = subject.claims
    facts = {key: claims[fact].fact.value if fact in claims else None for key, fact in FACT_OF.items()}
    return {
        "listing_id": subject.primary.base_id,
        "canonical_slug": facts["canonical_slug"],
        "aliases": [alias.id for alias in subject.aliases],
        "huggingface_id": facts["huggingface_id"],
        "licence": facts["licence"],
        "open_weights": facts["open_weights"],
        "context_tokens": facts["context_tokens"],
        "max_output_tokens": facts["max_output_tokens"],
        "input_modalities": modalities(subject.items("input")),
        "output_modalities": modalities(subject.items("output")),
        "parameters": subject.items("parameter"),
        "knowledge_cutoff": facts["knowledge_cutoff"],
        "released_on": facts["released_on"],
        "expires_on": facts["expires_on"],
        "prices": [_price(price) for price in subject.primary.prices],
        "offers": [_offer(offer) for offer in subject.offers],
        "providers": [_provider(provider) for _, provider in _providers(subject)],
        "listed_on": facts["listed_on"],
        "parameter_count": facts["parameter_count"],
        "gated": facts["gated"],
        "base_models": [_base_model(item) for item in subject.items("base_model")],
        "languages": subject.items("language"),
        "benchmarks": [_benchmark(result) for _, result in _results(subject)],
        **facet_blocks(subject),
        "successor": facts["successor"],
        "records": _records(subject),
        **_from_cards(subject),
    }


def _from_cards(subject: Subject) -> Document:
    """What only texts state; a key that none states is left out."""
    found = {key: subject.value(FACT_OF[key]) for key in FROM_CARDS}
    listed = {"training_data": subject.items("training_data")}
    return {key: value for key, value in (found | listed).items() if value}


def model_evidence(subject: Subject) -> list[Document]:
    """Evidence of everything that the `artifact.model` block states."""
    claims = subject.claims
    evidence = [from_claim(f"{AT}/listing_id", claims["listed"])]
    for key, fact in FACT_OF.items():
        if fact in claims:
            evidence.append(from_claim(f"{AT}/{key}", claims[fact]))
            evidence += [from_claim(f"{AT}/{key}", claim) for claim in agreeing(subject, fact)]
    evidence += _unread_evidence(subject)
    for n, alias in enumerate(subject.aliases):
        evidence.append(from_claim(f"{AT}/aliases/{n}", claims[f"alias:{alias.id}"]))
    evidence += _price_evidence(f"{AT}/prices", subject.primary.prices, subject.primary)
    for n, offer in enumerate(subject.offers):
        evidence.append(from_claim(f"{AT}/offers/{n}", claims[f"offer:{offer.variant or STANDARD_OFFER}"]))
        evidence += _price_evidence(f"{AT}/offers/{n}/prices", offer.prices, offer)
    for n, (listing, provider) in enumerate(_providers(subject)):
        evidence += _provider_evidence(f"{AT}/providers/{n}", provider, listing)
    for key, group in (("base_models", "base_model"), ("languages", "language"), ("training_data", "training_data")):
        for n, item in enumerate(subject.items(group)):
            evidence.append(from_claim(f"{AT}/{key}/{n}", claims[f"{group}:{item}"]))
    for n, (listing, result) in enumerate(_results(subject)):
        entry = stated(f"{AT}/benchmarks/{n}", listing, result.locator, result.as_stated)
        evidence.append({**entry, "method": "declared"})
    return [*evidence, *facet_evidence(subject)]


def _unread_evidence(subject: Subject) -> list[Document]:
    """Evidence of what is stated where there is no value, because it is no licence or language that is known."""
    return [
        from_claim(f"{AT}/{key}", subject.claims[fact])
        for key, (group, fact) in UNREAD.items()
        if fact in subject.claims and group not in subject.claims and group not in subject.groups
    ]


def modalities(words: Iterable[str]) -> list[str]:
    """Modalities in one fixed order, unknown ones last, so that a source's order makes no difference."""
    return sorted(words, key=lambda word: (_MODALITY_PLACE.get(word, len(MODALITY_ORDER)), word))


def _providers(subject: Subject) -> list[tuple[Listing, Provider]]:
    """Providers by the seller's endpoints, or else by the first other record that names any (the repository's)."""
    listings = (*_endpoints(subject), subject.primary, *(joined.listing for joined in subject.supplements))
    naming = next((listing for listing in listings if listing.providers), None)
    return [(naming, provider) for provider in naming.providers] if naming else []


def _endpoints(subject: Subject) -> tuple[Listing, ...]:
    return (subject.endpoints,) if subject.endpoints else ()


def _results(subject: Subject) -> list[tuple[Listing, BenchmarkResult]]:
    """Benchmark figures of the first record that declares any."""
    listings = [subject.primary, *(joined.listing for joined in subject.supplements)]
    declaring = next((listing for listing in listings if listing.results), None)
    return [(declaring, result) for result in declaring.results] if declaring else []


def _records(subject: Subject) -> list[Document]:
    """Every record that the passport is made from: its own, the joined ones, and the proof of absence."""
    own = [(listing, "own") for listing in (*subject.offers, *subject.aliases, *_endpoints(subject))]
    joined = [(joined.listing, joined.by) for joined in subject.supplements]
    absence = subject.absence
    missed = [(one, "own") for one in absence.observations] if absence and absence.confirmed else []
    return [{"source": listing.source, "id": listing.id, "joined_by": by} for listing, by in (*own, *joined, *missed)]


def _base_model(item: str) -> Document:
    relation, _, repository = item.partition(":")
    return {"id": repository, "relation": relation}


def _benchmark(result: BenchmarkResult) -> Document:
    return {"task": result.task, "dataset": result.dataset, "metric": result.metric, "value": result.value}


def _price(price: Price) -> Document:
    shown: Document = {"kind": price.kind, "usd": price.usd, "unit": price.unit}
    if price.when:
        shown["when"] = dict(price.when)
    return shown


def _offer(offer: Listing) -> Document:
    facts = {fact.name: fact.value for fact in offer.facts}
    return {
        "id": offer.id,
        "variant": offer.variant or STANDARD_OFFER,
        "name": offer.name,
        "free": is_free(offer),
        "context_tokens": facts.get("context_tokens"),
        "max_output_tokens": facts.get("max_output_tokens"),
        "expires_on": facts.get("expires_on"),
        "prices": [_price(price) for price in offer.prices],
    }


def _provider(provider: Provider) -> Document:
    supported = {"supported_parameters": provider.parameters} if provider.parameters else {}
    return {
        "name": provider.name,
        "tag": provider.tag,
        "status": provider.status,
        "quantization": provider.quantization,
        "context_tokens": provider.context_tokens,
        "max_output_tokens": provider.max_output_tokens,
        "uptime_percent": provider.uptime_percent,
        "prices": [_price(price) for price in provider.prices],
        **supported,
    }


def _price_evidence(at: str, prices: Iterable[Price], listing: Listing) -> list[Document]:
    return [stated(f"{at}/{n}", listing, price.locator, price.as_stated) for n, price in enumerate(prices)]


def _provider_evidence(at: str, provider: Provider, listing: Listing) -> list[Document]:
    """Evidence of an endpoint's name, status and prices; what is copied as it is has none of its own, to be short."""
    place = provider.locator
    return [
        stated(at, listing, f"{place}/{provider.named_in}", provider.name_as_stated),
        stated(f"{at}/status", listing, f"{place}/status", provider.status_as_stated),
        *_price_evidence(f"{at}/prices", provider.prices, listing),
    ]
