"""Makes answers about all models of a seller, as records."""

import json
from collections.abc import Sequence
from typing import Any

from pipelines.merge.facets import Facets
from pipelines.merge.gather import gather
from pipelines.merge.subject import Subject
from schemas.listing import Listing, RawListing
from tests.support.listings import MODEL, admitted, raw_body

HERON = str(MODEL["id"])
MARSH = {
    "name": "Marsh", "slug": "marsh", "headquarters": "SE", "datacenters": ["SE", "FI"], "status_page_url": None,
    "terms_of_service_url": "https://marsh.example/terms", "privacy_policy_url": "https://marsh.example/privacy#data",
}  # fmt: skip


def body(**fields: Any) -> str:
    return json.dumps({"answer_sha256": "0" * 64, **fields}, sort_keys=True)


def facet(query: str, within: Sequence[str] = (), without: Sequence[str] = ()) -> RawListing:
    """An answer with some models in order, where some more are listed."""
    answered = {one: place for place, one in enumerate(within, 1)}
    members = {"answered": answered, "absent": dict.fromkeys(without, True)}
    counts = {"count": len(within), "listed": len(within) + len(without)}
    return raw_body(body(query=query, **members, **counts), id=query, source="openrouter-facets")


def providers(*made: dict[str, Any]) -> RawListing:
    named = {str(one["name"]): one for one in made}
    return raw_body(body(query="providers", providers=named), id="providers", source="openrouter-providers")


def rankings(tokens: dict[str, str], as_of: str = "2026-05-31T02:00:00Z") -> RawListing:
    dates = {"as_of": as_of, "start_date": "2026-05-25", "end_date": "2026-05-31"}
    name = "datasets/rankings-daily"
    return raw_body(body(query=name, tokens=tokens, **dates), id=name, source="openrouter-rankings")


def subject_of(raws: Sequence[RawListing], *listings: Listing) -> Subject:
    """The model of some listings, with answers about all models."""
    (only,) = gather(listings, facets=Facets(map(admitted, raws))).subjects
    return only
