"""What counts as a change. Everything that is not named here does.

Not substance: dates of looking (when a source was read, evaluated, signed), hashes of records, places in a record (a
source that lists the same things in another order says the same), figures of the last half hour (uptime), what is
computed from other parts (score), and the pins of the pipeline.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from pipelines.canonical import canonical
from schemas.listing import Listing

Json = dict[str, Any]

VOLATILE = "/uptime_percent"
"""End of a path whose value is a figure of the last half hour."""

CONFLICT_OF_SUBSTANCE = ("value", "source", "scope")
FACTS_NOT_SUBSTANCE = frozenset(["best_uptime_percent"])


def payload_digest(unfragile: Json) -> str:
    """SHA-256 over what a passport says, without what is not substance."""
    artifact, trust = unfragile["artifact"], unfragile["trust"]
    model = artifact["model"]
    providers = [_without(provider, "uptime_percent") for provider in model["providers"]]
    reduced = {
        **{key: unfragile[key] for key in ("@version", "version", "capabilities", "distribution")},
        "artifact": {**artifact, "model": {**model, "providers": sorted(providers, key=canonical)}},
        "trust": {
            **_without(trust, "score", "rank_breakdown", "freshness", "maintenance"),
            "status": trust["maintenance"]["status"],
            "last_commit": trust["maintenance"]["last_commit"],
        },
        "evidence": _shown_by(unfragile["evidence"]),
        "conflicts": [
            {"path": c["path"], "values": [_only(side, CONFLICT_OF_SUBSTANCE) for side in c["values"]]}
            for c in unfragile["conflicts"]
        ],
        "unknowns": unfragile["unknowns"],
    }
    return hashlib.sha256(canonical(reduced)).hexdigest()


def facts_digest(listings: Iterable[Listing]) -> str:
    """SHA-256 over what the sources state of a model, in no order; tells a changed source from a changed pipeline."""
    stated = sorted({_stated(listing) for listing in listings})
    return hashlib.sha256("\n".join(stated).encode("utf-8", "surrogatepass")).hexdigest()


def _stated(listing: Listing) -> str:
    facts = sorted((fact.name, repr(_unordered(fact.value))) for fact in listing.facts if fact.name not in FACTS_NOT_SUBSTANCE)
    prices = sorted((price.kind, price.usd, price.when) for price in listing.prices)
    providers = sorted((p.name, p.tag, p.status, str(p.quantization)) for p in listing.providers)
    return repr((listing.source, listing.id, listing.name, facts, prices, providers))


def _unordered(value: object) -> object:
    return sorted(value) if isinstance(value, tuple) else value


def _without(part: Json, *keys: str) -> Json:
    return {key: value for key, value in part.items() if key not in keys}


def _only(part: Json, keys: Iterable[str]) -> Json:
    return {key: part[key] for key in keys if key in part}


def _shown_by(evidence: Iterable[Json]) -> list[list[str]]:
    """Which statement rests on which kind of word of which source; the words themselves are in the statement."""
    kinds = {
        (entry["path"], entry["source"], entry["method"], entry["asserted_by"], *entry.get("taxonomy", ()))
        for entry in evidence
        if not entry["path"].endswith(VOLATILE)
    }
    return [list(kind) for kind in sorted(kinds)]
