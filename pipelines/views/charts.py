"""Draws charts as SVG, without styles, scripts or references, so that a strict policy allows them."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import leather

WIDTH, HEIGHT = 900, 280
MOST_LABELS = 8
ROW, AROUND = 26, 110
"""Height of a row of dots, and of what is above and below all rows."""
BARE = "28 44 832 204"
"""What is drawn of a chart without title and legend."""
FONT = "sans-serif"
Point = tuple[float, float]


class Layer(NamedTuple):
    """One part of every column, from the bottom up."""

    counts: Sequence[int]
    name: str | None = None
    """As the legend has it; None for none."""
    colour: str | None = None
    """None where a style sheet colours it."""


def stacked_columns(labels: Sequence[str], layers: Sequence[Layer], *, title: str | None = None) -> str:
    """Draw a column for each label, made of its count in each layer.

    A layer is drawn over the higher ones that it is part of, the highest first; counts of 0 beside others are left out.
    """
    totals = list(
        zip(*(accumulate(column) for column in zip(*(one.counts for one in layers), strict=True)), strict=True)
    )
    chart = leather.Chart(title)
    chart.add_y_scale(0, max((max(total) for total in totals), default=0) or 1)
    step = max(1, -(-len(labels) // MOST_LABELS))
    chart.add_x_axis(tick_formatter=lambda place, *_: "" if int(place) % step else labels[int(place)])
    for layer, total in reversed(list(zip(layers, totals, strict=False))):
        empty = not any(layer.counts)  # of nothing but gaps the library draws nothing at all
        places = [(str(place), sum_ if empty or layer.counts[place] else None) for place, sum_ in enumerate(total)]
        chart.add_columns(places, name=layer.name, fill_color=layer.colour)
    drawn = _drawn(chart, WIDTH, HEIGHT)
    bare = title is None and not any(one.name for one in layers)
    return drawn.replace(f'viewBox="0 0 {WIDTH} {HEIGHT}"', f'viewBox="{BARE}"', 1) if bare else drawn


def lines(curves: Mapping[str, Sequence[Point]], *, title: str, x_name: str, y_name: str, highest: float) -> str:
    """Draw a line for each named curve, all from 0 to `highest`."""
    chart = leather.Chart(title)
    chart.add_y_scale(0, highest)
    chart.add_x_axis(name=x_name)
    chart.add_y_axis(name=y_name)
    for name, points in curves.items():
        chart.add_line(points, name=name, width=1.5)
    return _drawn(chart, WIDTH, HEIGHT + AROUND)


def rows_of_dots(labels: Sequence[str], values: Mapping[str, Sequence[float | None]], *, title: str) -> str:
    """Draw a row for each label, with a dot from 0 to 1 for each named value; the first label is at the top."""
    count = len(labels)
    chart = leather.Chart(title)
    chart.add_x_scale(0, 1)
    chart.add_y_scale(0, count)
    chart.add_y_axis(
        ticks=[place + 0.5 for place in range(count)], tick_formatter=lambda at, *_: labels[count - 1 - int(at)]
    )
    for number, (name, each) in enumerate(values.items()):
        places = [(value, count - place - 0.35 - 0.3 * number) for place, value in enumerate(each)]
        chart.add_dots([(x, y) for x, y in places if x is not None], name=name, radius=4)
    return _drawn(chart, WIDTH, AROUND + ROW * count)


def _drawn(chart: Any, width: int, height: int) -> str:  # noqa: ANN401 - leather has no types
    drawn: str = chart.to_svg(width=width, height=height)
    sized = drawn.replace(f'width="{width}" height="{height}"', f'viewBox="0 0 {width} {height}"', 1)
    return sized.replace(leather.theme.tick_font_family, FONT)
