"""Fills the rules' sentences with the record's values. Values are bounded, stripped of controls, and never obeyed."""

import re

from pipelines.text import clean
from pipelines.weighing import Claim
from schemas.listing import FactValue

LONGEST_VALUE = 80
"""Characters of a listing's text that may stand in a sentence of ours."""

PLACE = re.compile(r"\{([a-z0-9_:]+)\}")
"""Where a fact's value goes in a sentence of a rule: its name in braces."""


def fill(template: str, claims: dict[str, Claim]) -> str:
    """Put each {fact}'s value in its place; raise KeyError when a rule names a fact that nobody claims."""
    if "{" not in template:
        return template
    return PLACE.sub(lambda place: spoken(place[1], claims[place[1]].fact.value), template)


def spoken(name: str, value: FactValue) -> str:
    """A fact's value as it reads in a sentence: token counts with separators and unit, lists with commas."""
    if isinstance(value, int) and name.endswith("_tokens"):
        return f"{value:,} tokens"
    if isinstance(value, tuple):
        return ", ".join(_bounded(item) for item in value)
    return _bounded(str(value))


def _bounded(text: str) -> str:
    text = " ".join(clean(text).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
