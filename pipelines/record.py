"""Reading one record of a source: every field is taken out under its pointer, and what is left over is seen."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pipelines.errors import PipelineError
from pipelines.decimals import plain, read_decimal
from schemas.listing import Said

Json = dict[str, Any]


class FieldError(PipelineError):
    """A field of a record is missing or is not what it should be."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or 'the record'} {reason}")
        self.pointer = pointer
        self.reason = reason


def parse_record(body: str) -> Json:
    """Read a record's body; fractions become exact decimals. Raise FieldError when it is no object."""
    try:
        record = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise FieldError("", f"is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise FieldError("", f"is {_kind(record)}, not an object")
    return record


def take(record: Json, key: str, at: str = "") -> Any:  # noqa: ANN401 - the callers below say what it must be
    """Take out a field that every record must have."""
    try:
        return record.pop(key)
    except KeyError:
        raise FieldError(f"{at}/{key}", "is missing") from None


def take_text(record: Json, key: str, at: str = "") -> str:
    """Take out a text that says something."""
    value = take(record, key, at)
    if not isinstance(value, str) or not value.strip():
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not a text")
    return value


def take_optional_text(record: Json, key: str, at: str = "") -> str | None:
    """Take out a text that may be absent, null or empty: all three say nothing."""
    value = record.pop(key, None)
    if value is not None and not isinstance(value, str):
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not a text or null")
    return value or None


def take_count(record: Json, key: str, at: str = "") -> int | None:
    """Take out a whole number that is not negative, or null; absent is null."""
    value = record.pop(key, None)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not a whole number from 0 to 2^53 or null")
    return value


def take_flag(record: Json, key: str, at: str = "") -> bool | None:
    """Take out true, false, or null; absent is null."""
    value = record.pop(key, None)
    if value is not None and not isinstance(value, bool):
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not true, false or null")
    return value


def take_object(record: Json, key: str, at: str = "") -> Json:
    """Take out an object that every record must have."""
    value = take(record, key, at)
    if not isinstance(value, dict):
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not an object")
    return value


def take_optional_object(record: Json, key: str, at: str = "") -> Json:
    """Take out an object that may be absent or null: both read as an empty one."""
    return take_object(record, key, at) if record.get(key) is not None else record.pop(key, None) or {}


def take_texts(record: Json, key: str, at: str = "") -> list[str]:
    """Take out a list of texts that every record must have."""
    value = take(record, key, at)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not a list of texts")
    return value


def take_optional_list(record: Json, key: str, at: str = "") -> list[Any]:
    """Take out a list that may be absent or null: both read as an empty one."""
    value = record.pop(key, None)
    if value is None:
        return []
    if not isinstance(value, list):
        raise FieldError(f"{at}/{key}", f"is {_shown(value)}, not a list or null")
    return value


def decimal_at(value: object, pointer: str) -> Decimal:
    """Read a decimal; the pointer names it when it is none."""
    try:
        return read_decimal(value)
    except ValueError as error:
        raise FieldError(pointer, str(error)) from error


def said(value: object) -> Said:
    """Give what stands in the record in a form that evidence can carry: fractions as their digits in text."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if value is None or isinstance(value, str | int):
        return value
    raise FieldError("", f"{_shown(value)} cannot stand as evidence")


def leftovers(record: Json, at: str = "") -> Iterator[str]:
    """Name what is left in a record after reading it; array places are left out of the pointers."""
    for key in record:
        yield f"{at}/{key.replace('~', '~0').replace('/', '~1')[:100]}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _shown(value: object) -> str:
    text = repr(str(value) if isinstance(value, Decimal) else value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - enough to find it in the record
