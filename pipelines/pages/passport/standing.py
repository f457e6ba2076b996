"""View of how far a passport can be trusted: dates, score, conflicts, unknowns."""

from collections import defaultdict
from typing import Any, Final, NamedTuple

from pipelines.pages.words import QUOTE, line, number, stated
from pipelines.views.passport import WHY

Json = dict[str, Any]

MOST_CONFLICTS: Final = 16
_OF_THE_DAY: Final = frozenset({"days_left"})
"""Inputs that were true on the day of the signature alone: a page that shows them later would mislead."""
CAUSES: Final = {
    "first_seen": "first published",
    "source_changed": "a source changed what it states",
    "pipeline_changed": "our rules changed",
    "key_changed": "signed with another key",
    "refreshed": "observed again, unchanged",
}


class Component(NamedTuple):
    """One component of the score."""

    name: str
    value: float
    weight: float
    points: str
    basis: str


class ConflictView(NamedTuple):
    """A value on which sources disagree, in words."""

    name: str
    sides: list[tuple[str, str, str]]
    """What each side states, of what, and who it is."""


class Moment(NamedTuple):
    """A dated event in the life of a model or its passport."""

    at: str
    words: str
    ahead: bool = False


class FreshnessView(NamedTuple):
    """One source of a passport, with the dates by which its freshness is judged."""

    source: str
    scraped_at: str
    due_after: str
    stale_after: str


def sources_of(trust: Json) -> list[FreshnessView]:
    """Return the dates of each source of a passport, the one that names it first."""
    return [
        FreshnessView(line(one["source"]), one["last_scraped_at"], one["due_after"], one["stale_after"])
        for one in (trust.get("freshness") or {}).get("sources", ())
    ]


def components_of(trust: Json) -> list[Component]:
    """Return the components of the score, each with what it rests on."""
    breakdown, basis = trust["rank_breakdown"], trust.get("score_basis") or {}
    return [
        Component(
            name.replace("_", " "),
            breakdown[name],
            weight,
            f"{100 * weight * breakdown[name]:.1f}",
            line(_basis(name, basis), QUOTE),
        )
        for name, weight in breakdown["weights"].items()
    ]


def _basis(name: str, basis: Json) -> str:
    """Return in words what a component rests on; "" where the passport does not say."""
    if name in basis.get("without_data", ()):
        return "nothing is known: the least value"
    if name == "adoption":
        return ", ".join(f"{one['name'].replace('_', ' ')} {one['value']}" for one in basis.get("signals", ()))
    if name == "quality" and basis.get("unmet"):
        return f"not met, of {basis['checks']}: {'; '.join(basis['unmet'])}"
    return ""


def assessment_of(trust: Json) -> list[tuple[str, str]]:
    """Return the parts of the assessment, each a measurement with its inputs, in words."""
    return [(name.replace("_", " "), _measured(part)) for name, part in (trust.get("assessment") or {}).items()]


def _measured(part: Json) -> str:
    known = [
        f"{name.replace('_', ' ')} {stated(one)}"
        for name, one in part["inputs"].items()
        if one is not None and name not in _OF_THE_DAY
    ]
    value = "not measured" if part["value"] is None else str(part["value"])
    return line(f"{value} ({'; '.join(known)})" if known else value, QUOTE)


def community_of(trust: Json) -> list[tuple[str, str]]:
    """Return how much a model is used, by the counts that exist, in words."""
    names = {"model_downloads": "downloads in 30 days", "model_likes": "likes", "stars": "stars of its code"}
    return [(words, number(trust["community"][key])) for key, words in names.items() if trust["community"][key]]


def conflict_of(one: Json) -> ConflictView:
    """Return the view of a value on which sources disagree."""
    sides = [(stated(side["value"]), line(side["scope"]), line(side["source"])) for side in one["values"][:6]]
    return ConflictView(one["path"].rpartition("/")[2].replace("_", " "), sides)


def unknowns_of(unfragile: Json) -> list[tuple[str, str]]:
    """Return each reason for which values are not known, with their names."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in unfragile.get("unknowns") or ():
        by_reason[WHY[one["reason"]]].append(one["path"].rpartition("/")[2].replace("_", " "))
    return [(reason, ", ".join(names)) for reason, names in by_reason.items()]


def timeline_of(passport: Json) -> list[Moment]:
    """Return the dated events of a model and its passport, oldest first."""
    unfragile = passport["unfragile"]
    artifact, maintenance = unfragile["artifact"], unfragile["trust"]["maintenance"]
    model: Json = artifact.get("model") or {}
    cause = CAUSES.get((unfragile.get("provenance") or {}).get("cause", ""), "changed")
    found = [
        Moment(model["released_on"], "released") if model.get("released_on") else None,
        Moment(model["listed_on"], "listed by its seller") if model.get("listed_on") else None,
        Moment(maintenance["updated_at"], f"substance last changed: {cause}"),
        Moment(maintenance["last_scraped_at"], "last observed at its source"),
        Moment(passport["signedAt"], f"signed by {line(passport['signedBy'])}"),
        Moment(passport["expiresAt"], "this passport expires", ahead=True) if "expiresAt" in passport else None,
        Moment(model["expires_on"], "announced end of the offer", ahead=True) if model.get("expires_on") else None,
    ]
    return sorted((one for one in found if one), key=lambda one: one.at)
