"""Prices and other decimals, read and printed without ever passing through a binary float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

LONGEST_DECIMAL = 40
"""Digits beyond which a price is a fault of the source: the longest recorded one has 24."""


def read_decimal(said: object) -> Decimal:
    """Read a decimal that a source wrote as text or as a number; raise ValueError when it is neither or not finite."""
    if isinstance(said, bool) or not isinstance(said, str | int | Decimal):
        raise ValueError(f"is {type(said).__name__}, not a decimal")
    text = str(said)
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"is not a decimal: {text[:LONGEST_DECIMAL]!r}") from error
    if not value.is_finite() or len(text) > LONGEST_DECIMAL or text != text.strip() or "_" in text:
        raise ValueError(f"is not a finite decimal of at most {LONGEST_DECIMAL} characters: {text[:LONGEST_DECIMAL]!r}")
    if abs(value.adjusted()) > LONGEST_DECIMAL:
        raise ValueError(f"is beyond any price: {text[:LONGEST_DECIMAL]!r}")
    return value


def plain(value: Decimal) -> str:
    """Print in plain notation without trailing zeros: 1.50E-7 becomes "0.00000015"."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"


def to_exponential(value: Decimal, digits: int = 2) -> str:
    """Print as ECMAScript's Number.prototype.toExponential(digits) does, from the exact decimal: "1.50e-7"."""
    if not value:
        return f"{0:.{digits}f}e+0"
    exponent = value.adjusted()
    mantissa = value.scaleb(-exponent).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    if abs(mantissa) >= 10:  # noqa: PLR2004 - 9.995 rounds up into the next power of ten
        mantissa, exponent = mantissa.scaleb(-1).quantize(Decimal(1).scaleb(-digits)), exponent + 1
    return f"{mantissa}e{exponent:+d}"
