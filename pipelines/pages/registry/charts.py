"""Draws charts as inline SVG, without styles, scripts or references, so that a strict policy allows them."""

from collections.abc import Sequence
from itertools import accumulate

import leather

WIDTH, HEIGHT = 900, 280
MOST_LABELS = 8


def stacked_bars(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Draw a bar for each label, made of its counts from the bottom up; the style sheet colours the layers.

    A layer is drawn over the higher ones that it is part of, the highest first.
    """
    totals = [list(accumulate(one)) for one in counts]
    chart = leather.Chart()
    chart.add_y_scale(0, max((one[-1] for one in totals), default=0) or 1)
    step = max(1, -(-len(labels) // MOST_LABELS))
    chart.add_x_axis(tick_formatter=lambda place, *_: "" if int(place) % step else labels[int(place)])
    for layer in reversed(range(len(counts[0]) if counts else 0)):
        chart.add_columns([(str(place), one[layer]) for place, one in enumerate(totals)])
    drawn: str = chart.to_svg(width=WIDTH, height=HEIGHT)
    return drawn.replace(f'width="{WIDTH}" height="{HEIGHT}"', f'viewBox="0 0 {WIDTH} {HEIGHT}"', 1)
