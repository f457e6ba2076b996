"""Draws the ages of passports as a histogram: how many at each age, in the colour of their verdict."""

import base64
from collections import Counter

from pipelines.freshness import AGES
from pipelines.views.ages import Ages, PassportAge
from pipelines.views.charts import Layer, stacked_columns
from schemas.verdict import Age

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
    """Draw the histogram as SVG, the worst verdict on top; it contains no text of a source, only numbers."""
    days = 1 + max((_day(passport) for passport in ages.passports), default=0)
    per_bar = -(-days // MOST_BARS)
    counts = Counter((_day(passport) // per_bar, passport.age) for passport in ages.passports)
    bars = range(-(-days // per_bar))
    shown = [age for age in reversed(AGES) if ages.counts.get(age)]
    layers = [Layer([counts[bar, age] for bar in bars], f"{ages.counts[age]:,} {age}", COLOURS[age]) for age in shown]
    labels = [f"{bar * per_bar:,}" for bar in bars]
    title = "Passports by days since their scrape" if shown else "no passports"
    return stacked_columns(labels, layers or [Layer([0 for _ in bars])], title=title)


def as_image(svg: str) -> str:
    """The drawing as a data URL, which Markdown can show."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _day(passport: PassportAge) -> int:
    return max(0, int(passport.hours_ago // HOURS_PER_DAY))
