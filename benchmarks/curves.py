"""Draws how time, memory and writes grow, from what `benchmarks.scale` and `benchmarks.again` measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.views.charts import lines

AGAIN = " again"
"""What the names of the second day's stages end with."""
POINTS = 300
"""About how many points of a curve over time are drawn."""
HIGHEST_MB = 400
MARGIN = 1.1
"""Height of a drawing, as a multiple of its highest point."""


def memory_by_size(measured: Mapping[int, Mapping[str, Any]]) -> str:
    """Return an SVG of memory over time, with the runs of each size stretched to the same width."""
    found = {}
    for items, stated in measured.items():
        curve = stated["curve"][:: max(1, len(stated["curve"]) // POINTS)]
        last = curve[-1][0] or 1
        found[f"{items:,} repositories"] = [(100 * at / last, mb) for at, _, mb in curve]
    title = "Memory held by a run and by that of the next day, from beginning to end"
    return f"{lines(found, title=title, x_name='per cent of the time', y_name='MB', highest=HIGHEST_MB)}\n"


def time_by_size(measured: Mapping[int, Mapping[str, Any]]) -> str:
    """Return an SVG of the CPU time of a run, and of one of the next day, by the number of repositories."""
    days: dict[str, list[tuple[float, float]]] = {"everything is new": [(0, 0)], "nothing has changed": [(0, 0)]}
    for items, stated in sorted(measured.items()):
        again = sum(s for stage, s in stated["cpu_s"].items() if stage.endswith(AGAIN))
        for points, s in zip(days.values(), (sum(stated["cpu_s"].values()) - again, again), strict=True):
            points.append((items / 1000, s / 60))
    return _from_zero(days, title="CPU time of a run", x_name="thousand repositories", y_name="minutes")


def writes_by_change(days: Sequence[Mapping[str, int]]) -> str:
    """Return an SVG of the files that runs wrote, by the number of passports that they issued."""
    points = sorted((written.get("objects", 0), sum(written.values())) for written in days)
    return _from_zero(
        {"files written": points},
        title="Files that a run writes into a registry that exists",
        x_name="passports issued",
        y_name="files",
    )


def _from_zero(curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str, x_name: str, y_name: str) -> str:
    highest = MARGIN * max(y for points in curves.values() for _, y in points)
    return f"{lines(curves, title=title, x_name=x_name, y_name=y_name, highest=highest)}\n"
