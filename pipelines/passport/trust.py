"""Builds the `trust` block apart from its score: risk, lists, outcomes, maintenance, community, freshness."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pipelines.enrich.classification import risk_of
from pipelines.enrich.evidence import Document, from_claim, from_issuer
from pipelines.enrich.profile import Profile
from pipelines.freshness import deadlines
from pipelines.merge.subject import Subject
from pipelines.passport.links import Issuer
from pipelines.rules.gates import Lifetimes
from schemas.listing import Listing
from schemas.registry import Lifetime
from schemas.times import timestamp

COMMUNITY_FACTS = {
    "/trust/maintenance/last_commit": "last_commit",
    "/trust/community/stars": "stars",
    "/trust/community/forks": "forks",
    "/trust/community/model_downloads": "downloads",
    "/trust/community/model_likes": "likes",
}
"""Path → the fact that it shows."""


def trust_block(subject: Subject, profile: Profile, *, status: str, gates: Lifetimes, now: datetime) -> Document:
    """Build the `trust` block in key order; `issue` fills in what follows from the rest, and updated_at."""
    composed = compose(profile.capabilities, limitations=profile.listed)
    return {
        "score": 0,
        "verified": False,
        "data_access_risk": risk_of(subject).value,
        "permissions": composed.permissions,
        "failure_modes": composed.failure_modes,
        "rank_breakdown": {},
        "observed_outcomes": {
            "matches": 0,
            "success_rate": 0,
            "avg_confidence": 0,
            "top_intents": [],
            "last_matched_at": None,
        },
        "maintenance": {
            "status": status,
            "updated_at": "",
            "last_scraped_at": subject.primary.observed_at,
            "last_commit": subject.text("last_commit"),
        },
        "community": {
            "stars": subject.count("stars"),
            "forks": subject.count("forks"),
            "weekly_downloads": None,
            "model_downloads": subject.count("downloads"),
            "model_likes": subject.count("likes"),
        },
        "freshness": freshness_block(subject, gates=gates, now=now),
        "coverage": {},
        "score_basis": {},
        "assessment": {},
    }


def freshness_block(subject: Subject, *, gates: Lifetimes, now: datetime) -> Document:
    """For each source: when the passport's record of it was scraped, is due and is stale, and the verdict at `now`.

    Of several records of a source the oldest counts. Offers and aliases come from the same crawl as the primary
    listing.
    """
    listings = [subject.primary, *([subject.endpoints] if subject.endpoints else [])]
    listings += [joined.listing for joined in subject.supplements]
    oldest: dict[str, Listing] = {}
    for listing in sorted(listings, key=lambda one: one.observed_at, reverse=True) if len(listings) > 1 else listings:
        oldest[listing.source] = listing
    ordered = dict.fromkeys(listing.source for listing in listings)
    return {
        "evaluated_at": timestamp(now),
        "sources": [_source_freshness(oldest[source], gates[source], now) for source in ordered],
    }


def community_evidence(subject: Subject) -> list[Document]:
    """Evidence of the popularity, and of the code's last change."""
    return [from_claim(path, claim) for path, fact in COMMUNITY_FACTS.items() if (claim := subject.claims.get(fact))]


def failure_mode_evidence(
    profile: Profile, failure_modes: list[str], *, issuer: Issuer, now: datetime
) -> list[Document]:
    """Evidence of each of the trust block's failure modes: that of its limitation, or the issuer's own record."""
    found: list[Document] = []
    for place, text in enumerate(failure_modes):
        path = f"/trust/failure_modes/{place}"
        if text in profile.shown_by:
            found += [{**entry, "path": path} for entry in profile.shown_by[text]]
        else:
            locator, value = _OWN_RECORD if text == NO_OUTCOMES else _OWN_CHECK
            found.append(
                from_issuer(path, issuer=issuer.name, locator=locator, value=value, observed_at=timestamp(now))
            )
    return found


_OWN_RECORD: tuple[str, object] = ("/trust/observed_outcomes/matches", 0)
_OWN_CHECK: tuple[str, object] = ("/trust/verified", False)


def _source_freshness(listing: Listing, gate: Lifetime, now: datetime) -> Document:
    ends = deadlines(listing.observed_at, gate)
    return {
        "source": listing.source,
        "last_scraped_at": listing.observed_at,
        "due_after": timestamp(ends.due),
        "stale_after": timestamp(ends.stale),
        "verdict": "stale" if now > ends.stale else "due" if now > ends.due else "fresh",
    }


LONGEST_LIST = 10
"""Most entries of each list, measured on published passports."""

UNVERIFIED_BUILDER = "builder identity is not verified yet"
NO_OUTCOMES = "no observed match outcomes yet"


class Composed(NamedTuple):
    """The two lists of the trust block."""

    permissions: list[str]
    failure_modes: list[str]


def compose(
    capabilities: Sequence[Mapping[str, Any]],
    *,
    limitations: Iterable[str] | None = None,
    verified: bool = False,
    matches: int = 0,
) -> Composed:
    """The first 10 distinct `requires` and limitations, in order; then that builder and outcomes are not known yet.

    The builder is known where `verified`, outcomes where there are `matches`. `limitations` are those of the model in
    the order of their importance; without it those of its capabilities count, in order, as in passports of the older
    format.
    """
    permissions = first_distinct(need for capability in capabilities for need in capability["requires"])
    if limitations is None:
        limitations = (limit for capability in capabilities for limit in capability["limitations"])
    failure_modes = first_distinct(limitations)
    if not verified:
        failure_modes.append(UNVERIFIED_BUILDER)
    if not matches:
        failure_modes.append(NO_OUTCOMES)
    return Composed(permissions, failure_modes)


def first_distinct(texts: Iterable[str]) -> list[str]:
    """The first 10 different texts, in order."""
    return list(dict.fromkeys(texts))[:LONGEST_LIST]
