"""Puts values into words for pages: clipped lines, days, counts, money; and lets no unsafe address through."""

from decimal import Decimal
from typing import Any, Final

from pipelines.formats.decimals import plain
from pipelines.formats.text import shown

MILLION: Final = 10**6
NAME: Final = 160
"""Most characters of a name on a page."""
QUOTE: Final = 400
"""Most characters of a quote on a page."""
_THOUSAND: Final = 1000
_ADDRESS: Final = 600
_HEX: Final = 12
_DIGITS: Final = 4


def line(text: object, longest: int = NAME) -> str:
    """Return a text on one line, without characters that disguise it, at most `longest` characters and "…"."""
    return shown(str(text), longest)


def href(address: str | None) -> str:
    """Return an address that a link may lead to: http or https; "" for all others, and for one that is too long."""
    fits = address is not None and address.startswith(("https://", "http://")) and len(address) <= _ADDRESS
    return address if fits and address else ""


def day(instant: str | None) -> str:
    """Return the day of a timestamp: "2026-06-18"; "" where there is none."""
    return instant[:10] if instant else ""


def number(count: float | None) -> str:
    """Return a count with its thousands marked: "11,349,614"; "" where there is none."""
    return "" if count is None else f"{count:,}"


def short(sha256: str) -> str:
    """Return the beginning of a hash."""
    return sha256[:_HEX]


def tokens(count: int | None) -> str:
    """Return a number of tokens as people say it: "128k", "1M"; "" where there is none."""
    if count is None:
        return ""
    if count >= MILLION:
        return f"{count / MILLION:.2f}".rstrip("0").rstrip(".") + "M"
    return f"{count // _THOUSAND}k" if count >= _THOUSAND else str(count)


def per_million(usd: str) -> str:
    """Return the price of a million, in dollars, exact: "0.2288"."""
    return plain(Decimal(usd) * MILLION)


def rough(amount: str) -> str:
    """Return an amount with four significant digits, and two decimals at least: "0.02083" for "0.0208333"."""
    value = Decimal(amount)
    exponent = value.adjusted() - _DIGITS + 1
    text = plain(round(value, -exponent) if exponent < 0 else value)
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def stated(value: Any) -> str:  # noqa: ANN401 - any JSON value that a source states
    """Return what a source states, in words, on one line."""
    match value:
        case None:
            return "null"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return line(", ".join(map(str, value)), QUOTE) or "an empty list"
        case _:
            return line(value, QUOTE)
