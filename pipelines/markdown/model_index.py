"""Reads the benchmark results that a card's `model-index` declares, one for each metric of each dataset."""

from collections.abc import Iterator
from typing import Final

from pipelines.markdown.strict_yaml import YamlValue
from schemas.base import Frozen

MOST_RESULTS: Final = 5000
"""Most metrics that are read of one card."""

_TRUE: Final = frozenset(("true", "True", "TRUE", "yes", "Yes", "on"))
_FALSE: Final = frozenset(("false", "False", "FALSE", "no", "No", "off"))


class IndexResult(Frozen):
    """One benchmark figure as the card declares it."""

    pointer: str
    """JSON Pointer of the metric in the front matter: "/model-index/0/results/2/metrics/0"."""
    model: str | None
    """The name that the results are listed under."""
    task: str | None
    """Task id: "text-generation"."""
    dataset: str | None
    """Dataset id ("openai_humaneval"), or its name where no id is given."""
    dataset_config: str | None
    dataset_split: str | None
    metric: str
    """Metric id ("pass@1"), or its name where no id is given."""
    value: str
    """Its digits as the card has them; only the metric shows whether 0.87 or 87 is meant."""
    verified: bool | None
    """Whether the card states that the Hub repeated the measurement."""


def read_results(index: YamlValue) -> tuple[tuple[IndexResult, ...], tuple[str, ...]]:
    """Return the results of a `model-index`, and a fault for each kind of entry that was skipped."""
    results: list[IndexResult] = []
    faults: list[str] = []
    for pointer, model in _entries(index, "/model-index", faults):
        for place, entry in _entries(model.get("results"), f"{pointer}/results", faults):
            for spot, metric in _entries(entry.get("metrics"), f"{place}/metrics", faults):
                result = _result(spot, model, entry, metric)
                faults.append("a metric without a name or a single value is skipped") if result is None else None
                results.extend([] if result is None else [result])
    if len(results) > MOST_RESULTS:
        faults.append(f"model-index has {len(results)} figures: {MOST_RESULTS} are read")
    return tuple(results[:MOST_RESULTS]), tuple(dict.fromkeys(faults))


def _entries(value: YamlValue, pointer: str, faults: list[str]) -> Iterator[tuple[str, dict[str, YamlValue]]]:
    """Yield each mapping of a list with its pointer; a mapping in place of a list counts as the only one."""
    if value is None:
        return
    if isinstance(value, dict):
        yield pointer, value
        return
    if isinstance(value, str):
        faults.append("model-index is a text instead of a list")
        return
    for number, entry in enumerate(value):
        if isinstance(entry, dict):
            yield f"{pointer}/{number}", entry
        else:
            faults.append("model-index has an entry that is not a mapping")


def _result(
    pointer: str, model: dict[str, YamlValue], entry: dict[str, YamlValue], metric: dict[str, YamlValue]
) -> IndexResult | None:
    task, dataset = _mapping(entry, "task"), _mapping(entry, "dataset")
    name = _text(metric, "type") or _text(metric, "name")
    value = _text(metric, "value")
    if name is None or value is None:
        return None
    return IndexResult(
        pointer=pointer,
        model=_text(model, "name"),
        task=_text(task, "type") or _text(task, "name"),
        dataset=_text(dataset, "type") or _text(dataset, "name"),
        dataset_config=_text(dataset, "config") or _text(dataset, "args"),
        dataset_split=_text(dataset, "split"),
        metric=name,
        value=value,
        verified=_flag(_text(metric, "verified")),
    )


def _mapping(fields: dict[str, YamlValue], key: str) -> dict[str, YamlValue]:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def _text(fields: dict[str, YamlValue], key: str) -> str | None:
    value = fields.get(key)
    return (value.strip() or None) if isinstance(value, str) else None


def _flag(text: str | None) -> bool | None:
    if text in _TRUE:
        return True
    return False if text in _FALSE else None
