"""Makes the rows of the search index from a signed passport."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from schemas.search import (
    Entry,
    IndexedCapability,
    IndexedFailureMode,
    IndexedModality,
    IndexedPassport,
    IndexedProvider,
    IndexedPurpose,
    SearchText,
)

Json = Mapping[str, Any]

MILLION = 10**6
LONGEST_TEXT = 20_000
"""Most characters of a passport's text that are indexed."""


class RecordName(NamedTuple):
    """A record as evidence names it."""

    source: str
    url: str
    content_sha256: str
    observed_at: str


class StatedPlace(NamedTuple):
    """A place in a record that states a value of the passport."""

    path: str
    locator: str
    method: str


class IndexedDocument(NamedTuple):
    """All that the index has about one passport."""

    passport: IndexedPassport
    words: SearchText
    entries: tuple[Entry, ...]
    """Rows of the other tables."""
    evidence: dict[RecordName, list[StatedPlace]]
    """Record → the places in it that state something. What no source states is left out."""


def indexed(passport: Json, sha256: str) -> IndexedDocument:
    """Return the rows of a passport; `passport` is the `passport` object of its envelope, `sha256` the envelope's."""
    unfragile = passport["unfragile"]
    row = _row(passport, sha256)
    return IndexedDocument(row, _words(unfragile, row), tuple(_entries(unfragile)), _evidence(unfragile))


def price_per_million(prices: Iterable[Json], kind: str, *, free: bool = False) -> float | None:
    """Return the unconditional price of a million tokens of a kind, else 0 where it is `free`, or None."""
    found = (price for price in prices if price["kind"] == kind and "when" not in price and "token" in price["unit"])
    price = next(found, None)
    if price is None:
        return 0.0 if free else None
    return float(Decimal(price["usd"]) * MILLION)


def _row(passport: Json, sha256: str) -> IndexedPassport:
    unfragile = passport["unfragile"]
    artifact, trust, model = unfragile["artifact"], unfragile["trust"], unfragile["artifact"].get("model") or {}
    data, first = model.get("data_handling") or {}, _first_source(trust)
    listing, free = model.get("listing_id"), artifact["pricing"]["free"]
    return IndexedPassport(
        slug=artifact["slug"],
        object=sha256,
        name=artifact["name"],
        type=artifact["type"],
        maker=listing.partition("/")[0] if listing and "/" in listing else None,
        listing_id=listing,
        url=artifact["url"],
        page_url=artifact["page_url"],
        status=artifact["status"],
        licence=model.get("licence"),
        open_weights=model.get("open_weights"),
        context_tokens=model.get("context_tokens"),
        max_output_tokens=model.get("max_output_tokens"),
        free=free,
        prompt_usd_per_million=price_per_million(model.get("prices", ()), "prompt", free=free),
        completion_usd_per_million=price_per_million(model.get("prices", ()), "completion", free=free),
        data_access_risk=trust["data_access_risk"],
        score=int(trust["score"]),
        zero_retention=data.get("zero_retention"),
        distillable=data.get("distillable"),
        knowledge_cutoff=model.get("knowledge_cutoff"),
        released_on=model.get("released_on"),
        ends_on=model.get("expires_on"),
        signed_at=passport["signedAt"],
        last_scraped_at=trust["maintenance"]["last_scraped_at"],
        due_after=first.get("due_after"),
        stale_after=first.get("stale_after"),
        expires_at=passport.get("expiresAt"),
    )


def _first_source(trust: Json) -> Json:
    """Return the freshness of the source that names the passport, by which its age is judged."""
    sources = (trust.get("freshness") or {}).get("sources", ())
    return next(iter(sources), {})


def _entries(unfragile: Json) -> Iterator[Entry]:
    artifact = unfragile["artifact"]
    slug, model = artifact["slug"], artifact.get("model") or {}
    for one in unfragile["capabilities"]:
        yield IndexedCapability(
            slug=slug,
            uri=one["uri"],
            name=one["name"],
            category=one["categories"][0],
            confidence=None if one["confidence"] is None else float(one["confidence"]),
        )
    for one in unfragile.get("purposes", ()):
        yield IndexedPurpose(slug=slug, uri=one["uri"], name=one["name"], category=one["category"])
    for place, text in enumerate(unfragile["trust"]["failure_modes"]):
        yield IndexedFailureMode(slug=slug, place=place, text=text)
    for modality in dict.fromkeys(model.get("input_modalities", ())):
        yield IndexedModality(slug=slug, direction="input", modality=modality)
    for modality in dict.fromkeys(model.get("output_modalities", ())):
        yield IndexedModality(slug=slug, direction="output", modality=modality)
    yield from (_provider(slug, provider) for provider in model.get("providers", ()))


def _provider(slug: str, provider: Json) -> IndexedProvider:
    return IndexedProvider(
        slug=slug,
        name=provider["name"],
        tag=provider["tag"],
        status=provider["status"],
        quantization=provider["quantization"],
        context_tokens=provider["context_tokens"],
        prompt_usd_per_million=price_per_million(provider["prices"], "prompt"),
        completion_usd_per_million=price_per_million(provider["prices"], "completion"),
    )


def _evidence(unfragile: Json) -> dict[RecordName, list[StatedPlace]]:
    found: dict[RecordName, list[StatedPlace]] = defaultdict(list)
    for entry in unfragile.get("evidence", ()):
        if entry["url"] is not None and entry["content_sha256"] is not None:
            record = RecordName(entry["source"], entry["url"], entry["content_sha256"], entry["observed_at"])
            found[record].append(StatedPlace(entry["path"], entry["locator"], entry["method"]))
    return dict(found)


def _words(unfragile: Json, row: IndexedPassport) -> SearchText:
    artifact, model = unfragile["artifact"], unfragile["artifact"].get("model") or {}
    named = (*unfragile.get("purposes", ()), *unfragile["capabilities"])
    uses = [text for one in named for text in (one["name"], *one["intents"], *one.get("best_for", ()))]
    texts = (
        *(one["description"] for one in named),
        *unfragile["trust"]["failure_modes"],
        row.licence or "",
        *artifact["tags"],
        *artifact["categories"],
        *(provider["name"] for provider in model.get("providers", ())),
    )
    return SearchText(
        name=_joined((row.name, row.slug, row.listing_id or "", *model.get("aliases", ()))),
        maker=row.maker or "",
        uses=_joined((*uses, *model.get("input_modalities", ()), *model.get("output_modalities", ()))),
        text=_joined(texts),
    )


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(filter(None, texts)))[:LONGEST_TEXT]
