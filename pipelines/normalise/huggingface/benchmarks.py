"""Reads benchmark results from a record of the Hub: its `model-index`, and the result files beside the weights."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from pipelines.formats.decimals import digits
from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import LONGEST_LINE, as_stated
from pipelines.formats.text import unfit_for_line
from pipelines.markdown.model_index import read_results
from pipelines.markdown.strict_yaml import YamlValue
from schemas.listing import BenchmarkResult

MOST_RESULTS: Final = 20
"""Most results that are retained of one record; the longest lists are those of embedding benchmarks, with thousands."""

DEEPEST: Final = 24
"""Deepest nesting that is read of what an author declared."""

UNNAMED_METRIC: Final = "value"
"""The metric of a result file, which names only the benchmark and its task."""


def index_results(index: object, at: str) -> tuple[BenchmarkResult, ...]:
    """Read a `model-index` at a pointer; what has no name or no figure is skipped."""
    found, _ = read_results(_in_text(index, 0))
    results = []
    for one in found:
        place = f"{one.pointer.removeprefix('/model-index')}/value"
        held = resolve(index, place)
        results.append(BenchmarkResult(one.task, one.dataset, one.metric, one.value, at + place, as_stated(held)))
    return fit(results)


def file_results(entries: object, at: str) -> tuple[BenchmarkResult, ...]:
    """Read `evalResults`; results of an open pull request are skipped, as the maker did not state them."""
    return fit(_of_files(entries if isinstance(entries, list) else [], at))


def fit(results: Iterator[BenchmarkResult] | list[BenchmarkResult]) -> tuple[BenchmarkResult, ...]:
    """The first results, MOST_RESULTS at most, whose words each fit in a line."""
    fitting: list[BenchmarkResult] = []
    for result in results:
        words = (result.task, result.dataset, result.metric, result.value)
        if all(word is None or (0 < len(word) <= LONGEST_LINE and not unfit_for_line(word)) for word in words):
            fitting.append(result)
        if len(fitting) == MOST_RESULTS:
            break
    return tuple(fitting)


def _of_files(entries: list[Any], at: str) -> Iterator[BenchmarkResult]:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or entry.get("pullRequest") is not None:
            continue
        place, inner = (f"{at}/{number}/data", entry["data"]) if "data" in entry else (f"{at}/{number}", entry)
        dataset = inner.get("dataset") if isinstance(inner, dict) else None
        value = _in_text(inner.get("value"), 0) if isinstance(dataset, dict) else None
        if isinstance(dataset, dict) and isinstance(value, str) and isinstance(dataset.get("id"), str):
            task = dataset.get("task_id")
            words = (task if isinstance(task, str) else None, dataset["id"], UNNAMED_METRIC, value)
            yield BenchmarkResult(*words, f"{place}/value", as_stated(inner["value"]))


def _in_text(value: object, depth: int) -> YamlValue:
    """Convert JSON to the form in which cards are read: every scalar as text."""
    if depth > DEEPEST or value is None:
        return None
    if isinstance(value, dict):
        return {key: _in_text(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_text(item, depth + 1) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return digits(value) if isinstance(value, Decimal) else str(value)
