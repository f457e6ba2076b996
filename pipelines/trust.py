"""The `trust` block, apart from its score: risk, lists, outcomes, maintenance, community, freshness."""

from collections.abc import Sequence
from datetime import datetime

from pipelines.artifact import Issuer, risk_of
from pipelines.compose import NO_OUTCOMES, compose
from pipelines.evidence import Document, from_issuer
from pipelines.gates import Gate, Gates
from pipelines.merge import Subject
from schemas.listing import Listing
from schemas.times import instant, timestamp


def trust_block(
    subject: Subject, capabilities: Sequence[Document], *, status: str, updated_at: str, gates: Gates, now: datetime
) -> Document:
    """Build the block in the key order of the format; `score` and `rank_breakdown` are filled when it is issued."""
    composed = compose(capabilities)
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
            "updated_at": updated_at,
            "last_scraped_at": subject.primary.observed_at,
            "last_commit": None,
        },
        "community": {
            "stars": None,
            "forks": None,
            "weekly_downloads": None,
            "model_downloads": None,
            "model_likes": None,
        },
        "freshness": freshness_block(subject, gates=gates, now=now),
    }


def freshness_block(subject: Subject, *, gates: Gates, now: datetime) -> Document:
    """Per source: the scrape that this passport was made from, when it is due and stale, and the verdict now."""
    listings = [subject.primary, *([subject.endpoints] if subject.endpoints else [])]
    return {
        "evaluated_at": timestamp(now),
        "sources": [_source_freshness(listing, gates[listing.source], now) for listing in listings],
    }


def failure_mode_evidence(
    evidence: Sequence[Document], capabilities: Sequence[Document], failure_modes: Sequence[str], *, issuer: Issuer, now: str
) -> list[Document]:
    """Evidence of each trust failure mode: that of the limitation it was taken from, or the issuer's own record."""
    path_of = {
        text: f"/capabilities/{c}/limitations/{n}"
        for c, capability in reversed(list(enumerate(capabilities)))
        for n, text in enumerate(capability["limitations"])
    }
    by_path: dict[str, list[Document]] = {}
    for entry in evidence:
        by_path.setdefault(entry["path"], []).append(entry)
    found: list[Document] = []
    for place, text in enumerate(failure_modes):
        path = f"/trust/failure_modes/{place}"
        if text in path_of:
            found += [{**entry, "path": path} for entry in by_path[path_of[text]]]
        else:
            locator, value = ("/trust/observed_outcomes/matches", 0) if text == NO_OUTCOMES else ("/trust/verified", False)
            found.append(from_issuer(path, issuer=issuer.name, locator=locator, value=value, observed_at=now))
    return found


def _source_freshness(listing: Listing, gate: Gate, now: datetime) -> Document:
    scraped = instant(listing.observed_at)
    due, stale = scraped + gate.refresh_after, scraped + gate.stale_after
    return {
        "source": listing.source,
        "last_scraped_at": listing.observed_at,
        "due_after": timestamp(due),
        "stale_after": timestamp(stale),
        "verdict": "stale" if now > stale else "due" if now > due else "fresh",
    }
