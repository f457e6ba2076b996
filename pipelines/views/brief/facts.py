"""Puts what a model is, how it reasons, and when it began and ends into rows."""

from collections.abc import Iterator
from typing import Any

from pipelines.views.brief.layout import Row
from pipelines.views.brief.service import NOT_STATED, service_rows, tokens
from pipelines.views.facets import reasoning_words, success_words
from schemas.sources import BY_NAME, HUB

Json = dict[str, Any]

BILLION = 10**9
MOST_LANGUAGES = 12
COUNTED = {"model_downloads": "downloads in 30 days", "model_likes": "likes", "stars": "stars of its code"}


def fact_rows(artifact: Json) -> Iterator[Row]:
    """Yield rows on what the model takes and gives, its sizes, its weights and its endpoints."""
    model = artifact["model"]
    takes, gives = (", ".join(model[key]) or NOT_STATED for key in ("input_modalities", "output_modalities"))
    if model["input_modalities"] or model["output_modalities"]:
        yield Row("takes and gives", f"{takes} → {gives}")
    if model["context_tokens"] is not None or model["max_output_tokens"] is not None:
        yield Row("context", f"{tokens(model['context_tokens'])}; an answer: {_most(model)}")
    yield Row(
        "training data", f"until {model['knowledge_cutoff']}" if model["knowledge_cutoff"] else "until: not stated"
    )
    if weights := "; ".join(_weights(model)):
        yield Row("weights", weights)
    if model["huggingface_id"]:
        yield Row("repository", BY_NAME[HUB].page(model["huggingface_id"]))
    if bases := model.get("base_models"):
        yield Row("made from", ", ".join(f"{base['id']} ({base['relation']})" for base in bases))
    if languages := model.get("languages"):
        more = f" and {len(languages) - MOST_LANGUAGES} more" if len(languages) > MOST_LANGUAGES else ""
        yield Row("languages", ", ".join(languages[:MOST_LANGUAGES]) + more)
    if reasoning := reasoning_words(model.get("reasoning")):
        yield Row("reasoning", reasoning)
    if success := success_words(model.get("tool_call_success")):
        yield Row("tool calls", f"succeed {success}")
    if dates := ", ".join(_dates(model)):
        yield Row("dates", dates)
    yield from service_rows(model)


def _dates(model: Json) -> Iterator[str]:
    if model["released_on"]:
        yield f"released {model['released_on']}"
    if model.get("listed_on"):
        yield f"listed since {model['listed_on']}"


def use_row(unfragile: Json) -> Iterator[Row]:
    """Yield a row on how much the model is used, where anything is counted."""
    used, counts = unfragile["artifact"]["model"].get("popularity"), unfragile["trust"]["community"]
    words = [f"place {used['rank']:,} of {used['of']:,} by the tokens of a week"] if used else []
    words += [f"{counts[key]:,} {noun}" for key, noun in COUNTED.items() if counts[key] is not None]
    if words:
        yield Row("use", "; ".join(words))


def _most(model: Json) -> str:
    return "at most " + tokens(model["max_output_tokens"]) if model["max_output_tokens"] else NOT_STATED


def _weights(model: Json) -> Iterator[str]:
    if model.get("parameter_count"):
        yield f"{_count(model['parameter_count'])} parameters"
    if model["open_weights"] is not None:
        yield "can be downloaded" if model["open_weights"] else "cannot be downloaded"
    if model.get("gated"):
        yield f"access on request ({model['gated']})"
    if model["licence"]:
        yield f"licence {model['licence']}"


def _count(parameters: int) -> str:
    """A count of parameters: "30.5 billion", "22,713,728"."""
    if parameters < BILLION:
        return f"{parameters:,}"
    return f"{parameters / BILLION:,.1f}".removesuffix(".0") + " billion"
