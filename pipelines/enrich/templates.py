"""Fills the rules' sentences with the record's values. Values are bounded, stripped of controls, and never obeyed."""

import re
from decimal import Decimal

from pipelines.formats.decimals import plain
from pipelines.formats.text import clean
from pipelines.markdown.sentences import plain_text
from pipelines.normalise.prices import PRICE_UNITS
from pipelines.rules.failure_modes import LIMIT
from schemas.listing import Claim, FactValue
from schemas.sources import SOURCES

LONGEST_VALUE = 80
"""Characters of a listing's text that may stand in a sentence of ours."""

LONGEST_QUOTED = 200
"""Characters of a limitation that is a source's own sentence."""

TEXTS = {row.name: row.text for row in SOURCES if row.text}
"""Source → the text of its that is quoted or named."""

PRICES_OF_TOKENS = frozenset(f"price:{kind}" for kind, unit in PRICE_UNITS.items() if "token" in unit)
"""Facts that are the price of one token: a fraction of a cent, which nobody reads."""

PLACE = re.compile(r"\{([a-z0-9_:-]+)\}")
"""Where a fact's value goes in a sentence of a rule, or the text that states a limit: its name in braces."""


def fill(template: str, claims: dict[str, Claim]) -> str:
    """Put each {fact}'s value in its place, and for a limit the text that states it.

    Raises KeyError when a rule names a fact that nobody claims.
    """
    if "{" not in template:
        return template
    return PLACE.sub(lambda place: _told(place[1], claims[place[1]]), template)


def _told(name: str, claim: Claim) -> str:
    return text_of_claim(claim) if name.startswith(LIMIT) else in_words(name, claim.fact.value)


def text_of_claim(claim: Claim) -> str:
    """The text that a claim is read from: "its card"; a proposal is of the text that it was made from."""
    listing = claim.listing
    return TEXTS[listing.source if listing.source in TEXTS else listing.id.partition(":")[0]]


def in_words(name: str, value: FactValue) -> str:
    """A fact's value as it reads in a sentence: token counts with separators and unit, prices by the million, lists."""
    if isinstance(value, int) and name.endswith("_tokens"):
        return f"{value:,} tokens"
    if isinstance(value, str) and name in PRICES_OF_TOKENS:
        return f"${plain(Decimal(value) * 10**6)} per million tokens"
    if isinstance(value, tuple):
        return ", ".join(_bounded(item) for item in value)
    return _bounded(str(value))


def quoted(claim: Claim) -> str:
    """A sentence that states a limit, as its reader sees it, and where it stands: 'its card states: "…"'."""
    before, after = f'{text_of_claim(claim)} states: "', '"'
    sentence = " ".join(clean(plain_text(str(claim.fact.said))).split())
    return before + _without_middle(sentence, LONGEST_QUOTED - len(before + after)) + after


def _without_middle(text: str, longest: int) -> str:
    """Cut a long sentence in the middle: what it is about stands first, and what it takes back often last."""
    if len(text) <= longest:
        return text
    half = (longest - len(" … ")) // 2
    head, tail = text[:half], text[-half:]
    return f"{head.rpartition(' ')[0] or head} … {tail.partition(' ')[2] or tail}"


def _bounded(text: str) -> str:
    text = " ".join(clean(text).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
