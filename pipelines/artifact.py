"""The `artifact` block: names, addresses, category, price and status, by the rules of the format."""

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, TypeVar

from pipelines.conditions import Compiled, compiled, holds
from pipelines.decimals import to_exponential
from pipelines.evidence import Document, from_claim, from_class
from pipelines.life import Life
from pipelines.merge import Subject
from pipelines.model_block import is_free, model_block
from pipelines.rulebook import Choice, RiskRule, rulebook

LISTING_PAGE = "https://openrouter.ai/models/"
TAG_MODALITIES = ("text", "image", "audio", "video")
"""Input modalities that become tags, in this order (measured on published passports; `file` is none)."""

RISK_TAXONOMY = ("NIST.AI.600-1:2.4", "OWASP.LLM02:2025")
"""Data privacy, and disclosure of sensitive information."""


class Issuer(NamedTuple):
    """Who issues, and where its pages are."""

    name: str
    """For example "unfragile.ai"."""
    base_url: str
    """Without a trailing slash."""


class Tables(NamedTuple):
    """The first-match tables with their conditions laid out."""

    types: list[tuple[Choice, Compiled]]
    categories: list[tuple[Choice, Compiled]]
    risks: list[tuple[RiskRule, Compiled]]
    rules_sha256: str


@lru_cache(maxsize=1)
def _tables() -> Tables:
    book = rulebook()
    return Tables(
        [(rule, compiled(rule)) for rule in book.issuing.type],
        [(rule, compiled(rule)) for rule in book.issuing.category],
        [(rule, compiled(rule)) for rule in book.issuing.risk],
        book.sha256,
    )


def artifact_id(slug: str) -> str:
    """Id of an OpenRouter artifact."""
    return f"openrouter-{slug}"


def artifact_block(subject: Subject, *, issuer: Issuer, life: Life) -> Document:
    """Build the block in the key order of the format."""
    tables = _tables()
    return {
        "id": artifact_id(subject.slug),
        "slug": subject.slug,
        "name": subject.primary.name,
        "type": _first(tables.types, subject).value,
        "url": LISTING_PAGE + subject.primary.base_id.replace("/", "~"),
        "page_url": f"{issuer.base_url}/{subject.slug}",
        "categories": [_first(tables.categories, subject).value],
        "tags": _tags(subject),
        "pricing": pricing_block(subject),
        "status": life.status,
        "verified": False,
        "model": model_block(subject),
    }


def pricing_block(subject: Subject) -> Document:
    """Pricing in three keys; the starting price is the prompt price of the offer that names the passport."""
    offer = subject.primary
    if not offer.prices:
        return {"model": "usage", "free": False, "starting_price": None}
    if is_free(offer):
        return {"model": "free", "free": True, "starting_price": None}
    prompt = next(price.usd for price in offer.prices if price.kind == "prompt" and not price.when)
    return {"model": "paid", "free": False, "starting_price": _starting_price(prompt)}


def artifact_evidence(subject: Subject, *, life: Life) -> list[Document]:
    """Evidence of name, status and price."""
    claims = subject.claims
    status = claims["expires_on" if life.flags else "listed"]
    price = claims["routed_price" if "routed_price" in claims else "price:prompt"]
    return [
        from_claim("/artifact/status", status),
        from_claim("/artifact/pricing/model", price),
        from_claim("/artifact/pricing/starting_price", price),
    ]


def risk_of(subject: Subject) -> RiskRule:
    """The risk that data runs by calling the model."""
    return _first(_tables().risks, subject)


def risk_evidence(subject: Subject) -> list[Document]:
    """Evidence of the risk: the rule's reason, and the listing that it applies to."""
    rule, path = risk_of(subject), "/trust/data_access_risk"
    reason = from_class(
        path,
        rule=f"/risk/{rule.id}",
        text=rule.reason,
        rules_sha256=_tables().rules_sha256,
        listing=subject.primary,
        taxonomy=RISK_TAXONOMY,
    )
    return [reason, from_claim(path, subject.claims["listed"])]


@lru_cache(maxsize=4096)
def _starting_price(usd: str) -> str | None:
    """Print a price once for all models that cost the same; a prompt that is free starts at nothing."""
    price = Decimal(usd)
    return f"${to_exponential(price)} per prompt token" if price else None


def _tags(subject: Subject) -> list[str]:
    inputs = subject.items("input")
    return [subject.primary.author, "api-access", *(word for word in TAG_MODALITIES if word in inputs)]


_Rule = TypeVar("_Rule", bound=Choice)


def _first(table: list[tuple[_Rule, Compiled]], subject: Subject) -> _Rule:
    stated, claims = subject.stated, subject.claims
    return next(rule for rule, condition in table if holds(condition, stated, claims))
