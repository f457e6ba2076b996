"""The front matter of a Hub model card, from what a passport states with evidence."""

import re
from typing import Any, Final

import yaml

from pipelines.exports.licences import hub_id
from pipelines.exports.tasks import task_of
from pipelines.pages.site import Site
from pipelines.pages.words import line
from pipelines.registry.layout import page_key
from schemas.sources import BY_NAME, HUB

Json = dict[str, Any]

MOST: Final = 40
"""Most tags, languages, datasets or benchmarks of one card."""
_DATASETS: Final = BY_NAME[HUB].page("datasets/")
_DATASET: Final = re.compile(rf"{re.escape(_DATASETS)}([A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)?)/?")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*|multilingual|code")
_RELATIONS: Final = frozenset({"finetune", "adapter", "quantized", "merge"})
_MARKED: Final = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


def model_card(site: Site, slug: str, document: Json) -> bytes:
    """Return a Markdown file: front matter, and a line that says where it comes from; it has no dates."""
    unfragile = document["passport"]["unfragile"]
    artifact = unfragile["artifact"]
    front = yaml.safe_dump(_front(artifact), sort_keys=False, allow_unicode=True, width=10_000)
    name = _MARKED.sub(r"\\\1", line(artifact["name"]))
    text = (
        f"---\n{front}---\n\n# {name}\n\nFacts that sources state, from the signed trust passport at "
        f"<{site.address(page_key(slug))}>, which has the evidence and the dates.\n"
    )
    return text.encode("utf-8", "replace")


def _front(artifact: Json) -> Json:
    model: Json = artifact.get("model") or {}
    licence, bases = model.get("licence"), model.get("base_models") or ()
    relations = {one["relation"] for one in bases}
    known = hub_id(licence) if licence else None
    found: Json = {
        "license": known or ("other" if licence else None),
        "license_name": line(licence) if licence and not known else None,
        "language": [one for one in model.get("languages") or () if _LANGUAGE.fullmatch(one)][:MOST],
        "pipeline_tag": task_of(model),
        "tags": [line(tag) for tag in artifact["tags"][:MOST]],
        "base_model": [line(one["id"]) for one in bases[:MOST]],
        "base_model_relation": relations.pop() if len(relations) == 1 and relations <= _RELATIONS else None,
        "datasets": list(dict.fromkeys(_datasets(model)))[:MOST],
        "model-index": _index(line(artifact["name"]), model),
    }
    return {name: value for name, value in found.items() if value}


def _datasets(model: Json) -> list[str]:
    return [found[1] for url in model.get("training_data") or () if (found := _DATASET.fullmatch(url))]


def _index(name: str, model: Json) -> list[Json]:
    """Return the figures that the maker declares; of those without a task or a data set the Hub has no form."""
    results = [
        {
            "task": {"type": line(one["task"])},
            "dataset": {"type": line(one["dataset"]), "name": line(one["dataset"])},
            "metrics": [{"type": line(one["metric"]), "value": line(one["value"])}],
        }
        for one in (model.get("benchmarks") or ())[:MOST]
        if one["task"] and one["dataset"]
    ]
    return [{"name": name, "results": results}] if results else []
