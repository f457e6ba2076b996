"""View of what a passport claims of a model: purposes, capabilities and failure modes, each with its evidence."""

from typing import Any, Final, NamedTuple

from pipelines.pages.addresses import capability_page, failure_page, purpose_page
from pipelines.pages.passport.shown import EvidenceIndex, Shown
from pipelines.pages.words import QUOTE, line
from pipelines.views.remedies import mode_of

Json = dict[str, Any]

MOST_CAPABILITIES: Final = 24
MOST_TEXTS: Final = 6


class PurposeView(NamedTuple):
    """What a model is for."""

    name: str
    page: str
    description: str
    shown: list[Shown]


class CapabilityView(NamedTuple):
    """What a model can do."""

    name: str
    page: str
    uri: str
    description: str
    certainty: str
    basis: str
    best_for: list[str]
    limits: list[str]
    """Limitations that are not among the passport's failure modes."""
    shown: list[Shown]


class ModeView(NamedTuple):
    """How a model fails."""

    text: str
    page: str
    """"" where no rule of ours has this sentence."""
    shows: str
    remedy: str
    taxonomy: list[str]
    shown: list[Shown]


def purposes_of(unfragile: Json, evidence: EvidenceIndex) -> list[PurposeView]:
    """Return the view of what a model is for."""
    return [
        PurposeView(
            line(one["name"]),
            purpose_page(one["uri"]),
            line(one["description"], QUOTE),
            evidence.at(f"/purposes/{place}"),
        )
        for place, one in enumerate(unfragile.get("purposes") or ())
    ]


def capabilities_of(unfragile: Json, evidence: EvidenceIndex) -> list[CapabilityView]:
    """Return the view of what a model can do."""
    modes = set(unfragile["trust"]["failure_modes"])
    listed = unfragile["capabilities"][:MOST_CAPABILITIES]
    return [_capability(place, one, modes, evidence) for place, one in enumerate(listed)]


def modes_of(unfragile: Json, evidence: EvidenceIndex) -> list[ModeView]:
    """Return the view of how a model fails."""
    return [_mode(place, text, evidence) for place, text in enumerate(unfragile["trust"]["failure_modes"])]


def _capability(place: int, one: Json, modes: set[str], evidence: EvidenceIndex) -> CapabilityView:
    confidence = one["confidence"]
    return CapabilityView(
        name=line(one["name"]),
        page=capability_page(one["uri"]),
        uri=line(one["uri"], QUOTE),
        description=line(one["description"], QUOTE),
        certainty="not measured" if confidence is None else f"{confidence:.2f}",
        basis=line(one.get("basis") or "", QUOTE),
        best_for=[line(text, QUOTE) for text in one["best_for"][:MOST_TEXTS]],
        limits=[line(text, QUOTE) for text in one["limitations"] if text not in modes][:MOST_TEXTS],
        shown=evidence.at(f"/capabilities/{place}"),
    )


def _mode(place: int, text: str, evidence: EvidenceIndex) -> ModeView:
    path, rule = f"/trust/failure_modes/{place}", mode_of(text)
    return ModeView(
        text=line(text, QUOTE),
        page=failure_page(rule.id) if rule else "",
        shows=rule.shows if rule else "",
        remedy=rule.remedy if rule else "",
        taxonomy=[line(term) for term in evidence.taxonomy(path)],
        shown=evidence.at(path),
    )
