"""Draws the chart of docs/accuracy.md: precision and recall against the makers' own entries, as dots from 0 to 1."""

from pathlib import Path

from benchmarks.counts import Count, share
from pipelines.views.charts import rows_of_dots

TITLE = "Precision, recall; models compared"


def draw(counts: list[Count], path: Path) -> None:
    """Write an SVG with one row for each capability."""
    labels = [f"{one.capability}: {share(one.precision)} / {share(one.recall)}; {_models(one):,}" for one in counts]
    values = {"precision": [one.precision for one in counts], "recall": [one.recall for one in counts]}
    path.write_text(f"{rows_of_dots(labels, values, title=TITLE)}\n")


def _models(count: Count) -> int:
    return count.claimed + len(count.only_theirs) + count.neither
