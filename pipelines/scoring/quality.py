"""The checklist of quality: what a careful maker states of a model, and whether a passport has it."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.scoring.counts import CountedPassport, Json, hundredths

SERVED_BY = 2
"""Providers from which on one may fail and the model still answers."""


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check of quality; both functions get the passport and its `artifact.model`."""

    name: str
    met: Callable[[CountedPassport, Json], bool]
    applies: Callable[[CountedPassport, Json], bool] = lambda _, __: True


def quality(applied: dict[str, bool]) -> float | int:
    """Of the checks that apply, the share that the passport meets."""
    return hundredths(sum(applied.values()) / len(applied))


def applied_checks(passport: CountedPassport) -> dict[str, bool]:
    """Each check that applies, and whether it is met."""
    model = passport.model
    return {check.name: check.met(passport, model) for check in QUALITY_CHECKS if check.applies(passport, model)}


def _writes_text(_: CountedPassport, model: Json) -> bool:
    return not model["output_modalities"] or "text" in model["output_modalities"]


def _has_weights(_: CountedPassport, model: Json) -> bool:
    return bool(model["huggingface_id"] is not None or model["open_weights"])


def _tells_its_price(passport: CountedPassport, model: Json) -> bool:
    """Whether a caller knows the cost: it is free, or has prices, and none for what it outputs is missing."""
    pricing = passport.unfragile["artifact"]["pricing"]
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
        lambda passport, _: len(passport.providers) >= SERVED_BY,
        lambda _, model: bool(model["providers"]),
    ),
    QualityCheck("a second publisher states one of its facts", lambda passport, _: bool(passport.corroborated_facts)),
    QualityCheck(
        "its card states limits",
        lambda passport, _: bool(passport.limits_of_card),
        lambda passport, _: passport.has_card,
    ),
    QualityCheck("its sources agree", lambda passport, _: not passport.unfragile["conflicts"]),
    QualityCheck("no end is announced", lambda passport, _: passport.unfragile["artifact"]["status"] == "active"),
)
"""A check that does not apply to a kind of model counts neither for nor against it."""
