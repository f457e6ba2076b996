"""What counts as a change. Everything that is not named here does.

Not substance: how often a model was downloaded, liked or starred and when its code last changed (whether anybody says
so is), dates of looking (when a source was read, evaluated, signed), hashes of records, places in a record (a
source that lists the same things in another order says the same), figures of the last half hour (uptime), what is
computed from other parts (score), and the pins of the pipeline. The order of conditional prices is substance: among
those that apply the later one wins, says the API document.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from pipelines.passport.changes import ROLL
from schemas.listing import Listing

Json = dict[str, Any]

VOLATILE = "/uptime_percent"
"""End of a path whose value is a figure of the last half hour."""

COMPUTED = ("score", "rank_breakdown", "freshness", "maintenance", "community")
"""Keys of `trust` that follow from other parts, are dates or daily counts; of maintenance the status is taken."""

OF_THE_HOUR = frozenset(["best_uptime_percent"])
"""Facts that say nothing of a model, stated or not."""

COUNTS = frozenset(["downloads", "likes", "stars", "forks", "last_commit"])
"""Facts of which only counts whether they are stated."""


def payload_digest(unfragile: Json) -> str:
    """SHA-256 over what a passport says, without what is not substance."""
    artifact, trust, maintenance = unfragile["artifact"], unfragile["trust"], unfragile["trust"]["maintenance"]
    model = artifact["model"]
    providers = [_without(provider, "uptime_percent") for provider in model["providers"]]
    return _digest(
        [
            unfragile["@version"],
            unfragile["version"],
            {**artifact, "model": {**model, "providers": providers, "records": _lasting(model["records"])}},
            unfragile["capabilities"],
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
    """SHA-256 over what the sources state of a model, in no order; tells a changed source from a changed pipeline.

    `flags` are what follows of it by the calendar: an announced end that has come, a listing that is gone.
    """
    stated = [_stated(listing) for listing in sorted(listings, key=lambda it: (it.source, it.id))]
    return _digest([*stated, sorted(flags)])


def _stated(listing: Listing) -> list[Any]:
    """What one listing states; its facts stand in the order of their names within each field, its providers in none."""
    return [
        [listing.source, listing.id, listing.name],
        [
            [fact.name, None if fact.name in COUNTS else fact.value]
            for fact in listing.facts
            if fact.name not in OF_THE_HOUR
        ],
        [[price.kind, price.usd, price.when] for price in listing.prices],
        [[p.name, p.tag, p.status, p.quantization, [price[:2] for price in p.prices]] for p in listing.providers],
    ]


def _supports(evidence: Iterable[Json]) -> list[tuple[str, str, Any]]:
    """Which statement rests on which source and falls under which terms; the words themselves are in the statement."""
    return [
        (path, entry["source"], entry.get("taxonomy"))
        for entry in evidence
        if not (path := entry["path"]).endswith(VOLATILE)
    ]


def _lasting(records: Iterable[Json]) -> list[Json]:
    """Records but for the looks that found nothing, of which there is a new one each time."""
    return [record for record in records if not record["source"].endswith(ROLL)]


def _whether_stated(*values: Any) -> list[bool]:  # noqa: ANN401 - any part of a passport
    return [value is not None for value in values]


def _without(part: Json, *keys: str) -> Json:
    return {key: value for key, value in part.items() if key not in keys}


def _digest(said: list[Any]) -> str:
    """Digest for our own comparison only: any spelling does that is the same each time."""
    return hashlib.sha256(orjson.dumps(said)).hexdigest()
