"""The checklist of quality: what a careful maker states of a model, and whether a passport has it."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.scoring.counts import Json, corroborated_facts, has_card, hundredths, limits_of_card, model_of, providers

SERVED_BY = 2
"""Providers from which on one may fail and the model still answers."""


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check of quality; both functions get `unfragile` and its `artifact.model`."""

    name: str
    met: Callable[[Json, Json], bool]
    applies: Callable[[Json, Json], bool] = lambda _, __: True


def quality(unfragile: Json) -> float | int:
    """Of the checks that apply, the share that the passport meets."""
    applied = applied_checks(unfragile)
    return hundredths(sum(applied.values()) / len(applied))


def applied_checks(unfragile: Json) -> dict[str, bool]:
    """Each check that applies, and whether it is met."""
    model = model_of(unfragile)
    return {check.name: check.met(unfragile, model) for check in QUALITY_CHECKS if check.applies(unfragile, model)}


def _writes_text(_: Json, model: Json) -> bool:
    return not model["output_modalities"] or "text" in model["output_modalities"]


def _has_weights(_: Json, model: Json) -> bool:
    return bool(model["huggingface_id"] is not None or model["open_weights"])


def _tells_its_price(unfragile: Json, model: Json) -> bool:
    """Whether a caller knows the cost: it is free, or has prices, and none for what it outputs is missing."""
    pricing = unfragile["artifact"]["pricing"]
    return bool(pricing["free"] or (model["prices"] and pricing["model"] != "unknown"))


QUALITY_CHECKS = (
    QualityCheck("states its context length", lambda _, model: model["context_tokens"] is not None),
    QualityCheck("states its maximum output", lambda _, model: model["max_output_tokens"] is not None, _writes_text),
    QualityCheck(
        "states what it takes and gives",
        lambda _, model: bool(model["input_modalities"] and model["output_modalities"]),
    ),
    QualityCheck("states a price or that it is free", _tells_its_price),
    QualityCheck(
        "states when its training data ends", lambda _, model: model["knowledge_cutoff"] is not None, _writes_text
    ),
    QualityCheck("states a licence", lambda _, model: model["licence"] is not None, _has_weights),
    QualityCheck(
        "names a public repository of the model",
        lambda _, model: model["huggingface_id"] is not None,
        lambda _, model: model["open_weights"] is not False,
    ),
    QualityCheck(
        "is served by two providers",
        lambda _, model: len(providers(model)) >= SERVED_BY,
        lambda _, model: bool(model["providers"]),
    ),
    QualityCheck(
        "a second publisher states one of its facts", lambda unfragile, _: bool(corroborated_facts(unfragile))
    ),
    QualityCheck(
        "its card states limits", lambda unfragile, _: bool(limits_of_card(unfragile)), lambda _, model: has_card(model)
    ),
    QualityCheck("its sources agree", lambda unfragile, _: not unfragile["conflicts"]),
    QualityCheck("no end is announced", lambda unfragile, _: unfragile["artifact"]["status"] == "active"),
)
"""A check that does not apply to a kind of model counts neither for nor against it."""
