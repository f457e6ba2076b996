"""Builds the `artifact` block: names, addresses, category, price and status, by the rules of the published format."""

from decimal import Decimal
from functools import lru_cache

from pipelines.enrich.classification import risk_of, tables
from pipelines.enrich.evidence import Document, from_claim, from_class
from pipelines.enrich.status import StatusFinding
from pipelines.formats.decimals import to_exponential
from pipelines.merge.subject import Subject
from pipelines.normalise.facts import MISSING
from pipelines.normalise.prices import is_free, unpriced_outputs
from pipelines.passport.links import Issuer
from pipelines.passport.model import model_block
from schemas.listing import Claim, Listing
from schemas.sources import BY_NAME, HUB

LONGEST_HUB_TAGS = 20
"""Most tags of a repository that become the artifact's (measured on published passports)."""

TAG_MODALITIES = ("text", "image", "audio", "video")
"""Input modalities that become tags, in this order (measured on published passports; `file` is none of them)."""

PRICE_SHOWN_BY = ("repository", "routed_price", "price:prompt")
"""Facts that show the price; the first that is stated counts. A repository of the Hub costs nothing."""

RISK_TAXONOMY = ("NIST.AI.600-1:2.4",)
"""Data privacy; docs/taxonomies.md has the sentence."""


def artifact_id(subject: Subject) -> str:
    """The artifact's id: a prefix of the source that names it, and the slug."""
    return f"{BY_NAME[subject.primary.source].artifact_prefix}-{subject.slug}"


def artifact_block(subject: Subject, *, issuer: Issuer, life: StatusFinding) -> Document:
    """Build a passport's `artifact` block, with its keys in the order of the format."""
    return {
        "id": artifact_id(subject),
        "slug": subject.slug,
        "name": subject.primary.name,
        "type": tables().types.first(subject).value,
        "url": page_of(subject.primary),
        "page_url": f"{issuer.base_url}/{subject.slug}",
        "categories": [tables().categories.first(subject).value],
        "tags": _tags(subject),
        "pricing": pricing_block(subject),
        "status": life.status,
        "verified": False,
        "model": model_block(subject),
    }


def page_of(listing: Listing) -> str:
    """The address of the source's own page about a listing."""
    return BY_NAME[listing.source].page(listing.base_id)


def pricing_block(subject: Subject) -> Document:
    """The pricing in three keys; the starting price is the prompt price of the offer that names the passport."""
    offer = subject.primary
    if offer.source == HUB:
        model = "open_source" if "licence" in subject.claims and not restrictions(subject) else "free"
        return {"model": model, "free": True, "starting_price": None}
    if not offer.prices:
        return {"model": "usage", "free": False, "starting_price": None}
    if unpriced_outputs(offer):
        return {"model": "unknown", "free": False, "starting_price": None}
    if is_free(offer):
        return {"model": "free", "free": True, "starting_price": None}
    prompt = next(price.usd for price in offer.prices if price.kind == "prompt" and not price.when)
    return {"model": "paid", "free": False, "starting_price": _starting_price(prompt)}


def restrictions(subject: Subject) -> list[str]:
    """Facts by which the use of weights that cost nothing is restricted, so that they are not open source."""
    kinds = [f"licence_kind:{kind}" for kind in subject.items("licence_kind")]
    unclear = ["licence_stated"] if "licence" not in subject.claims else []
    return [name for name in (*kinds, *unclear, "gated") if name in subject.stated]


def _licensing(subject: Subject) -> list[Claim]:
    """What restricts the use of weights, or else the licence that does not, where one is stated."""
    names = restrictions(subject) or ["licence"]
    return [subject.claims[name] for name in names if name in subject.claims]


def artifact_evidence(subject: Subject, *, life: StatusFinding) -> list[Document]:
    """Evidence of the model's status and price."""
    claims = subject.claims
    price = next((name for name in PRICE_SHOWN_BY if name in claims), PRICE_SHOWN_BY[-1])
    shown_by = (*subject.others.get(MISSING, ()), claims[life.shown_by])
    unpriced = [claims[f"output:{word}"] for word in unpriced_outputs(subject.primary)]
    licensed = _licensing(subject) if subject.primary.source == HUB else []
    return [
        *(from_claim("/artifact/status", claim) for claim in shown_by),
        *(from_claim("/artifact/pricing/model", claim) for claim in (claims[price], *unpriced, *licensed)),
        from_claim("/artifact/pricing/starting_price", claims[price]),
    ]


def risk_evidence(subject: Subject) -> list[Document]:
    """Evidence of the risk: the rule's reason, the listing that it applies to, and what else it rests on."""
    rule, path = risk_of(subject), "/trust/data_access_risk"
    at = f"/risk/{rule.id}"
    reason = from_class(path, rule=at, text=rule.reason, listing=subject.primary, taxonomy=RISK_TAXONOMY)
    return [reason, *(from_claim(path, subject.claims[fact]) for fact in ("listed", *rule.cite))]


@lru_cache(maxsize=4096)
def _starting_price(usd: str) -> str | None:
    """Format a prompt price, None if it is 0; cached, since many models cost the same."""
    price = Decimal(usd)
    return f"${to_exponential(price)} per prompt token" if price else None


def _tags(subject: Subject) -> list[str]:
    if subject.primary.source == HUB:
        tags = subject.value("hub_tags")
        return list(tags[:LONGEST_HUB_TAGS]) if isinstance(tags, tuple) else []
    inputs = subject.items("input")
    return [subject.primary.author, "api-access", *(word for word in TAG_MODALITIES if word in inputs)]
