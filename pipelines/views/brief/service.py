"""Puts who serves a model, and what becomes of a caller's data, into rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pipelines.formats.text import amount
from pipelines.views.brief.layout import Row
from pipelines.views.brief.shown_by import EvidenceByPath

Json = dict[str, Any]

NOT_STATED = "not stated"


def service_rows(model: Json) -> Iterator[Row]:
    """Yield rows on the endpoints: how many are up, and what differs between them."""
    providers = model["providers"]
    if not providers:
        return
    states = Counter(provider["status"] for provider in providers)
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    uptimes = [Decimal(one["uptime_percent"]) for one in providers if one["uptime_percent"] is not None]
    yield Row("endpoints", f"{len(providers)}: {counts}{_range('; uptime', uptimes, ' %')}")
    contexts = [one["context_tokens"] for one in providers if one["context_tokens"] is not None]
    if len(set(contexts)) > 1:
        yield Row("their contexts", f"{min(contexts):,} to {max(contexts):,} tokens")
    precisions = Counter(provider["quantization"] or NOT_STATED for provider in providers)
    if precisions.keys() != {NOT_STATED}:
        yield Row("their precision", ", ".join(f"{name} ({count})" for name, count in precisions.most_common()))


def data_rows(unfragile: Json, shown: EvidenceByPath) -> Iterator[Row]:
    """Yield rows on the risk to data with its reason, and on what the providers do with data."""
    yield Row("risk", risk_words(unfragile, shown))
    data = unfragile["artifact"]["model"].get("data_handling") or {}
    if terms := "; ".join(_terms(data)):
        yield Row("terms", terms)
    by_country: dict[str, list[str]] = defaultdict(list)
    for provider in data.get("providers", ()):
        by_country[provider["headquarters"] or "seat not stated"].append(_with_datacenters(provider))
    if by_country:
        yield Row(
            "based in", "; ".join(f"{country}: {', '.join(names)}" for country, names in sorted(by_country.items()))
        )


def _terms(data: Json) -> Iterator[str]:
    keeps = {True: "a request can ask for endpoints that keep nothing", False: "no endpoint is known to keep nothing"}
    if (retained := data.get("zero_retention")) is not None:
        yield keeps[retained]
    if data.get("regions"):
        yield f"endpoints in {', '.join(region.upper() for region in data['regions'])}"
    trains = {True: "its answers may train other models", False: "its answers must not train other models"}
    if (distillable := data.get("distillable")) is not None:
        yield trains[distillable]


def risk_words(unfragile: Json, shown: EvidenceByPath) -> str:
    """The risk to data and the reason that its evidence quotes: "high: …"."""
    risk: str = unfragile["trust"]["data_access_risk"]
    reason = next((entry["quote"] for entry in shown["/trust/data_access_risk"] if "quote" in entry), None)
    return f"{risk}: {reason}" if reason else risk


def _with_datacenters(provider: Json) -> str:
    centers = provider["datacenters"]
    elsewhere = centers and centers != [provider["headquarters"]]
    return f"{provider['name']} (data in {', '.join(centers)})" if elsewhere else provider["name"]


def _range(title: str, values: list[Decimal], unit: str) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{title} {low}{unit}" if low == high else f"{title} {low} to {high}{unit}"


def tokens(count: int | None) -> str:
    """A count of tokens in words."""
    return NOT_STATED if count is None else amount(count, "token")
