"""Fills the rules' sentences with facts; values are shortened, free of control characters, and never obeyed."""

from decimal import Decimal

from pipelines.formats.decimals import plain
from pipelines.formats.text import clean
from pipelines.markdown.inline import plain_text
from pipelines.normalise.prices import PRICE_UNITS
from pipelines.rules.failure_modes import LIMIT, PLACE
from schemas.listing import Claim, FactValue
from schemas.sources import SOURCES

LONGEST_VALUE = 80
"""Most characters of a listing's text in a sentence of ours."""

LONGEST_QUOTED = 200
"""Most characters of a limitation that is a source's own sentence."""

TEXTS = {row.name: row.text for row in SOURCES if row.text}
"""Source → what its text is called where it is quoted: "its card"."""

NAMES = ("/name", "/id", "/modelId")
"""Locators of a model's name in a seller's listing, and in a record of the Hub."""

PRICES_OF_TOKENS = frozenset(
    f"{price}:{kind}"
    for kind, unit in PRICE_UNITS.items()
    for price in ("price", "least_price", "most_price")
    if "token" in unit
)
"""Facts that are the price of one token: fractions of a cent, and so shown by the million."""


def fill(template: str, claims: dict[str, Claim]) -> str:
    """Replace each {fact} by its value, and each {limit:…} by the name of the text that states it.

    Raises KeyError when a rule names a fact that nobody claims.
    """
    if "{" not in template:
        return template
    return PLACE.sub(lambda place: _stated(place[1], claims[place[1]]), template)


def _stated(name: str, claim: Claim) -> str:
    return text_of_claim(claim) if name.startswith(LIMIT) else in_words(name, claim.fact.value)


def text_of_claim(claim: Claim) -> str:
    """What to call the text that a claim was read from ("its card"); an extraction has the name of its text."""
    listing = claim.listing
    if claim.fact.locator in NAMES:
        return "its name"
    return TEXTS[listing.source if listing.source in TEXTS else listing.id.partition(":")[0]]


def in_words(name: str, value: FactValue) -> str:
    """A fact's value as a sentence shows it: "32,768 tokens", "$0.15 per million tokens", "image, text"."""
    if isinstance(value, int) and name.endswith("_tokens"):
        return f"{value:,} tokens"
    if isinstance(value, str) and name in PRICES_OF_TOKENS:
        return f"${plain(Decimal(value) * 10**6)} per million tokens"
    if isinstance(value, tuple):
        return ", ".join(_bounded(item) for item in value)
    return _bounded(str(value))


def quoted(claim: Claim) -> str:
    """A sentence that states a limit, without markup and with its text named: 'its card states: "…"'."""
    before, after = f'{text_of_claim(claim)} states: "', '"'
    sentence = " ".join(clean(plain_text(str(claim.fact.as_stated))).split())
    return before + _without_middle(sentence, LONGEST_QUOTED - len(before + after)) + after


def _without_middle(text: str, longest: int) -> str:
    """Shorten a sentence in the middle: its subject is mostly at the start, and what qualifies it at the end."""
    if len(text) <= longest:
        return text
    half = (longest - len(" … ")) // 2
    head, tail = text[:half], text[-half:]
    return f"{head.rpartition(' ')[0] or head} … {tail.partition(' ')[2] or tail}"


def _bounded(text: str) -> str:
    text = " ".join(clean(text).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
