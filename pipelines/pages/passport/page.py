"""View of one passport as a page, and the page itself."""

from typing import Any, Final, NamedTuple

from pipelines.pages.addresses import maker_page, root_of
from pipelines.pages.passport.claims import (
    CapabilityView,
    ModeView,
    PurposeView,
    capabilities_of,
    modes_of,
    purposes_of,
)
from pipelines.pages.passport.facts import FactView, facts_of, maker_of
from pipelines.pages.passport.offers import OffersView, offers_of, tokens_price
from pipelines.pages.passport.shown import EvidenceIndex, RecordView, Shown
from pipelines.pages.passport.standing import (
    CAUSES,
    MOST_CONFLICTS,
    Component,
    ConflictView,
    FreshnessView,
    Moment,
    assessment_of,
    community_of,
    components_of,
    conflict_of,
    sources_of,
    timeline_of,
    unknowns_of,
)
from pipelines.pages.site import Site
from pipelines.pages.templating import render
from pipelines.pages.words import QUOTE, href, line, tokens
from pipelines.registry.export_keys import PASSPORT_FILES, feed_key
from pipelines.registry.layout import headers, page_key, passport_copy_key
from pipelines.views.facets import usage_rows

Json = dict[str, Any]

_FILES: Final = {
    "badge": "Badge", "bom": "CycloneDX ML-BOM", "card": "Model card's front matter", "dsse": "DSSE envelope",
    "feed": "Atom feed",
}  # fmt: skip


class FileView(NamedTuple):
    """A file about the passport for another program."""

    name: str
    key: str
    type: str


class PassportView(NamedTuple):
    """Everything that the page of a passport shows."""

    slug: str
    name: str
    maker: str
    maker_page: str
    type: str
    status: str
    verified: bool
    listed_at: str
    summary: str
    score: int
    score_range: str
    risk: str
    risk_reason: str
    risk_shown: list[Shown]
    tokens_in: str
    tokens_out: str
    free: bool
    context: str
    ends: str
    """Announced last day; "" where there is none."""
    signed_at: str
    signed_by: str
    key_id: str
    expires_at: str
    signature: str
    sources: list[FreshnessView]
    purposes: list[PurposeView]
    capabilities: list[CapabilityView]
    modes: list[ModeView]
    facts: list[FactView]
    offers: OffersView
    components: list[Component]
    assessment: list[tuple[str, str]]
    usage: list[tuple[str, str]]
    permissions: list[str]
    conflicts: list[ConflictView]
    unknowns: list[tuple[str, str]]
    timeline: list[Moment]
    records: list[RecordView]
    evidence_count: int
    cause: str
    rules_sha256: str
    json_key: str
    files: list[FileView]


def passport_page(site: Site, slug: str, document: Json) -> bytes:
    """Return the page of a passport; it depends on nothing but the document, and what is the same for a whole site."""
    view = passport_view(slug, document["passport"])
    key = page_key(slug)
    values = {
        "site": site,
        "root": root_of(key),
        "key": key,
        "view": view,
        "feed": feed_key(slug),
        "json_ld": _json_ld(site, view),
    }
    return render("passport.html", values)


def passport_view(slug: str, passport: Json) -> PassportView:
    """Return what the page of a passport shows."""
    unfragile = passport["unfragile"]
    artifact, trust, evidence = unfragile["artifact"], unfragile["trust"], EvidenceIndex(unfragile)
    model: Json | None = artifact.get("model")
    maker = maker_of(artifact)
    prices = model["prices"] if model else []
    provenance = unfragile.get("provenance") or {}
    basis = trust.get("score_basis") or {}
    lowest, highest = basis.get("score_min"), basis.get("score_max")
    risk = evidence.at("/trust/data_access_risk")
    purposes = purposes_of(unfragile, evidence)
    return PassportView(
        slug=slug,
        name=line(artifact["name"]),
        maker=line(maker),
        maker_page=maker_page(maker) if maker else "",
        type=artifact["type"],
        status=artifact["status"],
        verified=artifact["verified"],
        listed_at=href(artifact["url"]),
        summary=_summary(artifact, purposes),
        score=trust["score"],
        score_range=f"{lowest} to {highest}" if lowest is not None and highest is not None else "",
        risk=trust["data_access_risk"],
        risk_reason=evidence.quote("/trust/data_access_risk"),
        risk_shown=risk,
        tokens_in=tokens_price(prices, "prompt"),
        tokens_out=tokens_price(prices, "completion"),
        free=artifact["pricing"]["free"],
        context=tokens(model["context_tokens"]) if model else "",
        ends=(model.get("expires_on") or "") if model else "",
        signed_at=passport["signedAt"],
        signed_by=line(passport["signedBy"]),
        key_id=passport.get("keyId", ""),
        expires_at=passport.get("expiresAt", ""),
        signature=passport["signature"],
        sources=sources_of(trust),
        purposes=purposes,
        capabilities=capabilities_of(unfragile, evidence),
        modes=modes_of(unfragile, evidence),
        facts=facts_of(artifact, evidence),
        offers=offers_of(model, evidence),
        components=components_of(trust),
        assessment=assessment_of(trust),
        usage=[(name, line(value, QUOTE)) for name, value in usage_rows(unfragile)] + community_of(trust),
        permissions=[line(text, QUOTE) for text in trust["permissions"]],
        conflicts=[conflict_of(one) for one in (unfragile.get("conflicts") or ())[:MOST_CONFLICTS]],
        unknowns=unknowns_of(unfragile),
        timeline=timeline_of(passport),
        records=evidence.records,
        evidence_count=evidence.count,
        cause=CAUSES.get(provenance.get("cause", ""), ""),
        rules_sha256=provenance.get("rules_sha256", ""),
        json_key=passport_copy_key(slug),
        files=[
            FileView(_FILES[kind], key(slug), headers(key(slug)).content_type.partition(";")[0])
            for kind, key in PASSPORT_FILES.items()
            if kind != "dsse" or "keyId" in passport
        ],
    )


def _summary(artifact: Json, purposes: list[PurposeView]) -> str:
    names = ", ".join(one.name for one in purposes[:4])
    model = artifact.get("model") or {}
    takes = ", ".join(model.get("input_modalities", ()))
    parts = [f"For {names}" if names else "", f"takes {takes}" if takes else ""]
    return line("; ".join(filter(None, parts)) or artifact["type"], QUOTE)


def _json_ld(site: Site, view: PassportView) -> str:
    return site.json_ld({
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": view.name,
        "applicationCategory": "Artificial intelligence model",
        "description": view.summary,
        "url": site.address(page_key(view.slug)),
        "author": {"@type": "Organization", "name": view.maker or "unknown"},
        "dateModified": view.signed_at,
        "subjectOf": {"@type": "Dataset", "encodingFormat": "application/json", "url": site.address(view.json_key)},
    })  # fmt: skip
