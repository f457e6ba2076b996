"""Reads and prints prices and other decimals exactly; only `to_exponential` goes through a binary float."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

LONGEST_DECIMAL = 40
"""Characters of a decimal; a longer one is a fault of the source: the longest recorded one has 24."""

_NUMERAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")
"""A decimal in ASCII. Decimal itself also accepts digits of every script, underscores, NaN and Infinity."""

_STATED = (str, int, Decimal)


def read_decimal(stated_value: object) -> Decimal:
    """Return a decimal that a source wrote as text or as a number; raise ValueError on others, and on huge ones."""
    if isinstance(stated_value, bool) or not isinstance(stated_value, _STATED):
        reason = f"is {type(stated_value).__name__}, not a decimal"
        raise ValueError(reason)  # noqa: TRY004 - what a source wrote is a value to judge, not our own type error
    return _read_once(str(stated_value))


@lru_cache(maxsize=4096)
def _read_once(text: str) -> Decimal:
    """Read a decimal's text; cached, as many models cost the same: of a day's 1,032 prices 203 differ."""
    if len(text) > LONGEST_DECIMAL or not _NUMERAL.match(text):
        raise ValueError(f"is {text[:LONGEST_DECIMAL]!r}, not a decimal of at most {LONGEST_DECIMAL} characters")
    value = Decimal(text)
    if abs(value.adjusted()) > LONGEST_DECIMAL:
        raise ValueError(f"is {text!r}: too large or too small to be read")
    return value


def plain(value: Decimal) -> str:
    """Return a decimal in plain notation without trailing zeros: 1.50E-7 becomes "0.00000015"."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def digits(value: Decimal) -> str:
    """Return a decimal in plain notation with all the digits that the source wrote: 99.830 stays "99.830"."""
    return format(value, "f")


def to_exponential(value: Decimal, places: int = 2) -> str:
    """Return a decimal as ECMAScript's Number.prototype.toExponential(places) prints it: "1.50e-7".

    ECMAScript's numbers are doubles, and it rounds the double's exact value, half up: 1.005e-6 prints as "1.00e-6",
    because the nearest double is smaller. Where the value must be exact, print the decimal itself.
    """
    exact = Decimal(float(value))
    if not exact:
        return f"{0:.{places}f}e+0"
    exponent, unit = exact.adjusted(), Decimal(1).scaleb(-places)
    mantissa = exact.scaleb(-exponent).quantize(unit, rounding=ROUND_HALF_UP)
    if abs(mantissa) == 10:  # noqa: PLR2004 - 9.995 rounds up into the next power of ten
        mantissa, exponent = (mantissa / 10).quantize(unit), exponent + 1
    return f"{mantissa}e{exponent:+d}"
