"""Reads one record of a source field by field, and lists the fields that were not read."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from pipelines.errors import PlacedError
from pipelines.formats.dates import is_day, is_month
from pipelines.formats.decimals import digits, read_decimal
from pipelines.formats.text import unfit_for_line
from schemas.listing import AsStated

LONGEST_LINE = 200
"""Most characters of a name or a word; the longest recorded name has 69."""

MOST_ITEMS = 5_000
"""Most items of a list that is read item by item; the longest recorded has 34; a model may name 1,400 languages."""

LARGEST_COUNT = 2**53 - 1
"""Largest integer that passports can carry exactly (RFC 8785)."""


LONGEST_PLAIN = 1_000
"""Most digits before or after the point of a number that is written out: a record can have 1e999999999."""


class FieldError(PlacedError):
    """Raised where a field of a record is missing or is not what its reader accepts."""

    whole = "the record"


class RecordReader:
    """An object of a source's record. Reading a field removes it, so that what remains was not read.

    Methods for fields that every record must have raise FieldError where the field is missing; methods for optional
    fields return None, or an empty value, for null too. All raise FieldError, naming the field, on another type.
    """

    __slots__ = ("_fields", "_opened", "_shape", "at")

    def __init__(self, fields: dict[str, Any], at: str = "", shape: str = "") -> None:
        self.at = at
        """JSON Pointer to this object in the record."""
        self._shape = shape
        self._fields = fields
        self._opened: list[RecordReader] = []

    def __contains__(self, key: str) -> bool:
        return key in self._fields

    def names(self) -> list[str]:
        """Names of the fields that are not read yet."""
        return list(self._fields)

    def peek(self, key: str) -> Any:  # noqa: ANN401 - JSON can be anything
        """Return a field and leave it unread; None where it is absent."""
        return self._fields.get(key)

    def place(self, key: str) -> str:
        """JSON Pointer to a field, whether it is present or not."""
        return f"{self.at}/{_escaped(key)}"

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Raise FieldError that names a field."""
        raise FieldError(self.place(key), reason)

    def take(self, key: str) -> Any:  # noqa: ANN401 - the methods below check the type
        """Read a field of any type that every record must have."""
        if key not in self._fields:
            self.refuse(key, "is missing")
        return self._fields.pop(key)

    def take_optional(self, key: str) -> Any:  # noqa: ANN401 - as above
        """Read a field of any type that may be absent or null."""
        return self._fields.pop(key, None)

    def line(self, key: str) -> str:
        """Read a line of text that is not blank: a name, an id."""
        value = self.take(key)
        if unfit := _unfit_line(value):
            self.refuse(key, unfit)
        return str(value)

    def optional_line(self, key: str) -> str | None:
        """Read a line of text; None where it is absent, null or empty."""
        if self._fields.get(key) in (None, ""):
            self.take_optional(key)
            return None
        return self.line(key)

    def optional_text(self, key: str) -> str | None:
        """Read a text of any length and characters; None where it is absent, null or empty."""
        value = self.take_optional(key)
        if value is not None and not isinstance(value, str):
            self.refuse(key, f"is {shown(value)}, not a text or null")
        return value or None

    def lines(self, key: str) -> list[str]:
        """Read a list of lines of text; raise FieldError at the first that is none."""
        values: list[str] = self.take(key)
        if not isinstance(values, list):
            self.refuse(key, f"is {shown(values)}, not a list of texts")
        self._check_length(key, values)
        for place, value in enumerate(values):
            if unfit := _unfit_line(value):
                raise FieldError(f"{self.place(key)}/{place}", unfit)
        return values

    def optional_lines(self, key: str) -> list[str]:
        """Read a list of lines of text; empty where it is absent or null."""
        return self.lines(key) if self._fields.get(key) is not None else self.take_optional(key) or []

    def optional_count(self, key: str) -> int | None:
        """Read a whole number from 0 to `LARGEST_COUNT`; None where it is absent or null."""
        value = self.take_optional(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_COUNT:
            self.refuse(key, f"is {shown(value)}, not a whole number from 0 to 2^53-1")
        return value

    def optional_flag(self, key: str) -> bool | None:
        """Read true or false; None where it is absent or null."""
        value = self.take_optional(key)
        if value is not None and not isinstance(value, bool):
            self.refuse(key, f"is {shown(value)}, not true, false or null")
        return value

    def nested(self, key: str) -> "RecordReader":
        """Read an object; fields of it that are not read in turn are leftovers."""
        return self._open(self.take(key), self.place(key), self._shape_of(key))

    def optional_nested(self, key: str) -> "RecordReader":
        """Read an object; an empty one where it is absent or null."""
        value = self.take_optional(key)
        return self._open({} if value is None else value, self.place(key), self._shape_of(key))

    def nested_list(self, key: str) -> list["RecordReader"]:
        """Read a list of objects."""
        return self._open_each(key, self.take(key))

    def optional_nested_list(self, key: str) -> list["RecordReader"]:
        """Read a list of objects; empty where it is absent or null."""
        value = self.take_optional(key)
        return [] if value is None else self._open_each(key, value)

    def leftovers(self) -> list[str]:
        """Pointers to fields that were not read, here and in nested objects; without the indexes of lists."""
        left = [self._shape_of(key) for key in self._fields]
        for opened in self._opened:
            left += opened.leftovers()
        return left

    def _shape_of(self, key: str) -> str:
        return f"{self._shape}/{_escaped(key)}"

    def _open(self, value: object, at: str, shape: str) -> "RecordReader":
        if not isinstance(value, dict):
            raise FieldError(at, f"is {shown(value)}, not an object")
        opened = RecordReader(value, at, shape)
        self._opened.append(opened)
        return opened

    def _open_each(self, key: str, values: object) -> list["RecordReader"]:
        at, shape = self.place(key), self._shape_of(key)
        if not isinstance(values, list):
            raise FieldError(at, f"is {shown(values)}, not a list")
        self._check_length(key, values)
        return [self._open(value, f"{at}/{place}", shape) for place, value in enumerate(values)]

    def _check_length(self, key: str, items: list[Any]) -> None:
        """Refuse a list that is too long, before any item is read."""
        if len(items) > MOST_ITEMS:
            self.refuse(key, f"is a list of {len(items):,} items, at most {MOST_ITEMS:,} are read")


def parse_record(body: str) -> dict[str, Any]:
    """Return a record's body, fractions as exact decimals; raise FieldError where it is no JSON object."""
    try:
        if "\\u" in body:
            orjson.loads(body)  # refuses escapes of lone surrogates, which the standard library accepts
        fields = _DECODER.decode(body)
    except (ValueError, RecursionError) as error:
        raise FieldError("", f"is not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise FieldError("", f"is {shown(fields)}, not an object")
    return fields


def as_stated(value: object) -> AsStated:
    """Return a record's value in a form that evidence can carry, fractions as text; raise FieldError on an object."""
    if isinstance(value, Decimal) and abs(value.adjusted()) <= LONGEST_PLAIN:
        return digits(value)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if value is None or isinstance(value, str | int):
        return value
    raise FieldError("", f"{shown(value)} cannot be stored as evidence")


def decimal(value: object, at: str) -> Decimal:
    """Return a decimal from text or a number; raise FieldError at its place where it is neither."""
    try:
        return read_decimal(value)
    except ValueError as error:
        raise FieldError(at, str(error)) from error


def shown(value: object) -> str:
    """Return a record's value as messages show it: itself where it is short, else its kind and size."""
    if isinstance(value, dict | list):
        return f"an object of {len(value)} fields" if isinstance(value, dict) else f"a list of {len(value)} items"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > LONGEST_LINE:
        return f"a whole number of {value.bit_length()} bits"
    text = repr(str(value) if isinstance(value, Decimal) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - enough to find it in the record


def _unfit_line(value: object) -> str | None:
    """Say why a value is no line of text: it is blank, long, or has characters that can disguise it; or None."""
    if not isinstance(value, str) or not value or value.isspace():
        return f"is {shown(value)}, not a text"
    if found := unfit_for_line(value):
        return f"contains {found}, a control or bidirectional character that can disguise a text"
    if len(value) > LONGEST_LINE:
        return f"is {len(value)} characters long, more than {LONGEST_LINE} are not accepted"
    return None


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")[:100] if "~" in key or "/" in key else key[:100]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def day(record: RecordReader, field: str, *, or_month: bool = False) -> str | None:
    """Read a day ("2026-04-29") or, with `or_month`, a month; None where it is absent, FieldError on other texts."""
    text = record.optional_line(field)
    if text is None or is_day(text) or (or_month and is_month(text)):
        return text
    return record.refuse(field, f"is {text[:40]!r}, not a day such as 2026-04-29{' or its month' if or_month else ''}")
