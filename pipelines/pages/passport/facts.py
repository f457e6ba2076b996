"""View of what a model is: its facts, each with what shows it."""

from typing import Any, NamedTuple

from pipelines.pages.passport.shown import EvidenceIndex, Shown
from pipelines.pages.words import QUOTE, line, number
from schemas.sources import BY_NAME, HUB

Json = dict[str, Any]


class FactView(NamedTuple):
    """A name and a value, with what shows it."""

    name: str
    value: str
    shown: list[Shown]


def maker_of(artifact: Json) -> str:
    """Return who made a model, by the name before the slash of its listing; "" where it has none."""
    listing = (artifact.get("model") or {}).get("listing_id", "")
    return str(listing.partition("/")[0].lstrip("~")) if "/" in listing else ""


def facts_of(artifact: Json, evidence: EvidenceIndex) -> list[FactView]:
    """Return the view of the facts that some source states."""
    model: Json = artifact.get("model") or {}
    repository = model.get("huggingface_id")
    values: list[tuple[str, str, str]] = [
        ("input", ", ".join(model.get("input_modalities", ())), "input_modalities"),
        ("output", ", ".join(model.get("output_modalities", ())), "output_modalities"),
        ("context", _counted(model.get("context_tokens"), "tokens"), "context_tokens"),
        ("most output", _counted(model.get("max_output_tokens"), "tokens"), "max_output_tokens"),
        ("training data until", model.get("knowledge_cutoff") or "", "knowledge_cutoff"),
        ("released", model.get("released_on") or "", "released_on"),
        ("listed since", model.get("listed_on") or "", "listed_on"),
        ("announced end", model.get("expires_on") or "", "expires_on"),
        ("successor", model.get("successor") or "", "successor"),
        ("licence", model.get("licence") or "", "licence"),
        ("weights", {True: "can be downloaded", False: "closed", None: ""}[model.get("open_weights")], "open_weights"),
        ("access", f"granted on request ({model['gated']})" if model.get("gated") else "", "gated"),
        ("parameters", _counted(model.get("parameter_count"), ""), "parameter_count"),
        ("languages", ", ".join(model.get("languages") or ()), "languages/0"),
        ("repository", BY_NAME[HUB].page(repository) if repository else "", "huggingface_id"),
        ("made from", ", ".join(f"{one['id']} ({one['relation']})" for one in model.get("base_models") or ()), ""),
        ("request parameters", ", ".join(model.get("parameters", ())), "parameters"),
    ]
    values += [("benchmark, as its maker states", _benchmark(one), "") for one in (model.get("benchmarks") or ())[:8]]
    return [
        FactView(name, line(value, QUOTE), evidence.at(f"/artifact/model/{path}") if path else [])
        for name, value, path in values
        if value
    ]


def _benchmark(one: Json) -> str:
    return f"{one['metric']} {one['value']} on {one['dataset'] or 'an unnamed dataset'}"


def _counted(count: int | None, unit: str) -> str:
    return f"{number(count)} {unit}".strip() if count is not None else ""
