"""Draws the ages of passports as a histogram: how many at each age, in the colour of their verdict."""

import base64
from collections import Counter

from pipelines.freshness import AGES
from pipelines.views.ages import Ages, PassportAge
from schemas.verdict import Age

WIDTH, HEIGHT, FOOT = 640, 200, 40
MOST_BARS = 40
HOURS_PER_DAY = 24
COLOURS: dict[Age, str] = {
    "fresh": "#2e9e5b",
    "due": "#d9a400",
    "stale": "#d4622a",
    "expired": "#a51d2d",
    "delisted": "#8a8f98",
    "not_yet_valid": "#6a3d9a",
}


def ages_svg(ages: Ages) -> str:
    """Draw the histogram as SVG; it contains no text of a source, only numbers."""
    days = 1 + max((_day(passport) for passport in ages.passports), default=0)
    per_bar = -(-days // MOST_BARS)
    counts = Counter((_day(passport) // per_bar, passport.age) for passport in ages.passports)
    bars = -(-days // per_bar)
    tallest = max((sum(counts[bar, age] for age in AGES) for bar in range(bars)), default=0) or 1
    marks = "".join(_bar(bar, WIDTH / bars, HEIGHT / tallest, counts) for bar in range(bars))
    size = f'width="{WIDTH}" height="{HEIGHT + FOOT}" viewBox="0 0 {WIDTH} {HEIGHT + FOOT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{marks}{_legend(ages, days)}</svg>'
    )


def as_image(svg: str) -> str:
    """The drawing as a data URL, which Markdown can show."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _day(passport: PassportAge) -> int:
    return max(0, int(passport.hours_ago // HOURS_PER_DAY))


def _bar(bar: int, width: float, scale: float, counts: Counter[tuple[int, Age]]) -> str:
    """Draw one bar: its verdicts stacked, the worst on top."""
    bottom, parts = float(HEIGHT), []
    for age in reversed(AGES):
        height = counts[bar, age] * scale
        bottom -= height
        shape = f'x="{bar * width + 1:.1f}" y="{bottom:.1f}" width="{max(width - 2, 1):.1f}" height="{height:.1f}"'
        parts.append(f'<rect {shape} fill="{COLOURS[age]}"/>' if height else "")
    return "".join(parts)


def _legend(ages: Ages, days: int) -> str:
    parts = [f'<tspan fill="{COLOURS[age]}">{count:,} {age} </tspan>' for age, count in ages.counts.items()]
    return (
        f'<text x="4" y="{HEIGHT + 14}">scraped today</text>'
        f'<text x="{WIDTH - 4}" y="{HEIGHT + 14}" text-anchor="end">{days:,} days ago</text>'
        f'<text x="4" y="{HEIGHT + 32}">{"".join(parts) or "no passports"}</text>'
    )
