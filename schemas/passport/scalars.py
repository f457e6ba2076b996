"""Scalar types of a passport's document, each exactly as wide as in schema.json.

Patterns are matched by pydantic's Rust engine, in which `$` is the very end of the text. Digits are written
[0-9], because the class for digits matches those of every script there.
"""

from collections.abc import Hashable
from datetime import date
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from schemas.times import instant

LARGEST_EXACT_INTEGER: Final = 2**53 - 1
"""Larger integers are rounded by readers whose numbers are IEEE doubles (RFC 8259, section 6)."""

_TIMESTAMP = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$"
_DATE = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"
_URL_CHARACTER = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}"
_URL_TAIL = rf"([?]|{_URL_CHARACTER})*"
_URL = (
    r"^https?://[A-Za-z0-9][A-Za-z0-9._-]*(:[0-9]{1,5})?"
    rf"(/({_URL_CHARACTER})*)?([?]{_URL_TAIL})?(#{_URL_TAIL})?$"
)
_PATH = r"^/(artifact|capabilities|purposes|trust|distribution)(/(0|[1-9][0-9]*|[a-z][a-z0-9_]*))*$"
_STARTING_PRICE = r"^\$(0\.00e\+0|[1-9]\.[0-9]{2}e(\+0|[+-][1-9][0-9]{0,2})) per prompt token$"

_Item = TypeVar("_Item", bound=Hashable)
_Value = TypeVar("_Value")


def _whole(value: object) -> object:
    """Read 24.0 as 24: JSON has one type of number, and RFC 8785 writes both the same way."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _on_the_calendar(text: str) -> str:
    """Return a date of the calendar; raise ValueError on others, such as the 30th of February."""
    date.fromisoformat(text)
    return text


def _on_the_clock(text: str) -> str:
    """Return a timestamp that is an instant; raise ValueError on others, such as one on the 30th of February."""
    instant(text)
    return text


def _distinct(items: tuple[_Item, ...]) -> tuple[_Item, ...]:
    """Return a list whose items differ; raise ValueError on others."""
    if len(set(items)) < len(items):
        raise ValueError("contains an item twice: remove one")
    return items


def _present(value: _Value) -> _Value:
    """Return a value that is not null; raise ValueError on null, for keys that may only be left out."""
    if value is None:
        raise ValueError("is null: leave the key out instead")
    return value


OMISSIBLE = AfterValidator(_present)
"""Marks a key that may be missing but not null; None, its default, means that it is missing."""

DISTINCT = AfterValidator(_distinct)
"""Marks a list whose items differ."""

Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number, whether its JSON is written 24 or 24.0."""

Count = Annotated[Whole, Field(ge=0, le=LARGEST_EXACT_INTEGER)]
"""A whole number of zero or more, exact in every JSON reader."""

Ratio = Annotated[int | float, Field(ge=0, le=1)]
"""A number from 0 to 1; 0 and 1 stay integers, as they were written."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""Text for people, never empty."""

Texts = tuple[Text, ...]
"""A list of texts, possibly empty."""

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of 1 to 200 characters, without control characters."""

Instant = Annotated[str, StringConstraints(pattern=_TIMESTAMP), AfterValidator(_on_the_clock)]
"""UTC with milliseconds and Z: "2026-06-15T14:50:47.607Z"; a real instant."""

Date = Annotated[str, StringConstraints(pattern=_DATE), AfterValidator(_on_the_calendar)]
"""A day of the calendar: "2024-06-30"."""

Month = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")]
"""A month of the calendar: "2024-06"."""

TimeOfDay = Annotated[Whole, Field(ge=0, le=2400)]
"""UTC as the number HHMM: 100 is 01:00."""

Url = Annotated[str, StringConstraints(max_length=2000, pattern=_URL)]
"""An absolute http or https address, percent-encoded and without user name."""

Path = Annotated[str, StringConstraints(max_length=300, pattern=_PATH)]
"""JSON Pointer into `unfragile`, below artifact, capabilities, purposes, trust or distribution: "/trust/score"."""

Locator = Annotated[str, StringConstraints(max_length=2000)]
"""JSON Pointer into a source's record, or a byte range of its text."""

Decimal = Annotated[str, StringConstraints(max_length=100, pattern=r"^(0|[1-9][0-9]*)(\.[0-9]+)?$")]
"""A decimal of zero or more in plain notation, exact to its last digit."""

Percent = Annotated[str, StringConstraints(max_length=100, pattern=r"^(100(\.0+)?|(0|[1-9][0-9]?)(\.[0-9]+)?)$")]
"""A decimal from 0 to 100 in plain notation."""

StartingPrice = Annotated[str, StringConstraints(max_length=40, pattern=_STARTING_PRICE)]
""""$", the price as ECMAScript's toExponential(2) prints it, and its unit: "$1.50e-7 per prompt token"."""

ArtifactId = Annotated[str, StringConstraints(max_length=250, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Id of an artifact: letters, digits, dot, underscore, hyphen."""

Scalar = str | int | float | bool | None
"""Text, number, true, false or null."""

Stated = Scalar | tuple[Scalar, ...]
"""What a source states: a scalar or a list of scalars."""
