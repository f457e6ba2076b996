"""Digests of a passport's substance: what counts as a change is everything that is not excluded here.

Excluded are: how often a model was used, downloaded, liked or starred and when its code last changed (but not whether a
source states it); the dates when a source was read, evaluated or signed; hashes of records; locators (a source that
lists the same things in another order states the same); figures of the last half hour (uptime); what is computed from
other parts (score); and the pipeline's version and rules. The order of conditional prices is substance: by the API
document, the later of those that apply holds.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from pipelines.passport.changes import ROLL
from schemas.listing import Listing

Json = dict[str, Any]

COMPUTED = ("score", "score_basis", "assessment", "rank_breakdown", "freshness", "maintenance", "community")
"""Keys of `trust` that follow from other parts, or are dates or daily counts; only the status of maintenance counts."""

OF_THE_HOUR = frozenset(["best_uptime_percent"])
"""Facts that say nothing lasting about a model, whether stated or not."""

COUNTS = frozenset(
    ["downloads", "likes", "stars", "forks", "last_commit", "usage_rank", "usage_of", "usage_tokens", "usage_as_of"]
)
"""Facts of which only counts whether they are stated, not their value."""


def payload_digest(unfragile: Json) -> str:
    """SHA-256 over the substance of a passport."""
    artifact, trust, maintenance = unfragile["artifact"], unfragile["trust"], unfragile["trust"]["maintenance"]
    return _digest(
        [
            unfragile["@version"],
            unfragile["version"],
            {**artifact, "model": _lasting_facts(artifact["model"])},
            unfragile["capabilities"],
            unfragile["purposes"],
            _without(trust, *COMPUTED),
            [maintenance["status"], *_whether_stated(maintenance["last_commit"], *trust["community"].values())],
            unfragile["distribution"],
            _supports(unfragile["evidence"]),
            [[c["path"], [[side[key] for key in ("value", "source", "scope")] for side in c["values"]]]
             for c in unfragile["conflicts"]],
            unfragile["unknowns"],
        ]
    )  # fmt: skip


def facts_digest(listings: Iterable[Listing], flags: Iterable[str] = ()) -> str:
    """SHA-256 over what the sources state of a model, in any order. It tells a changed source from a changed pipeline.

    `flags` are what follows by the calendar: an announced end that has come, a listing that is gone.
    """
    stated = [_stated(listing) for listing in sorted(listings, key=lambda it: (it.source, it.id))]
    return _digest([*stated, sorted(flags)])


def _stated(listing: Listing) -> list[Any]:
    """What one listing states: facts by name within each field, providers in the order of their reader."""
    return [
        [listing.source, listing.id, listing.name],
        [
            [fact.name, None if fact.name in COUNTS else fact.value]
            for fact in listing.facts
            if fact.name not in OF_THE_HOUR
        ],
        [[price.kind, price.usd, price.when] for price in listing.prices],
        [
            [p.name, p.tag, p.status, p.quantization, [price[:2] for price in p.prices], p.parameters]
            for p in listing.providers
        ],
    ]


def _supports(evidence: Iterable[Json]) -> list[tuple[str, str, Any]]:
    """Which source each statement rests on, and under which taxonomy; the words are part of the statement itself."""
    return [(entry["path"], entry["source"], entry.get("taxonomy")) for entry in evidence]


def _lasting(records: Iterable[Json]) -> list[Json]:
    """The records without rolls, of which each crawl makes a new one."""
    return [record for record in records if not record["source"].endswith(ROLL)]


def _whether_stated(*values: Any) -> list[bool]:  # noqa: ANN401 - any part of a passport
    return [value is not None for value in values]


def _lasting_facts(model: Json) -> Json:
    """The facts of a model without figures of the hour; of how much it is used, only which figures are stated."""
    used = model["popularity"]
    return {
        **model,
        "popularity": _whether_stated(*used.values()) if isinstance(used, dict) else used,
        "providers": [_without(provider, "uptime_percent") for provider in model["providers"]],
        "records": _lasting(model["records"]),
    }


def _without(part: Json, *keys: str) -> Json:
    return {key: value for key, value in part.items() if key not in keys}


def _digest(stated: list[Any]) -> str:
    """A digest for our own comparison only: any encoding will do that is the same each time."""
    return hashlib.sha256(orjson.dumps(stated)).hexdigest()
