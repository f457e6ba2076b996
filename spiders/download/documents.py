"""Reads a source's JSON without loss, and writes single records of it as bodies of raw listings."""

import json
import re
from typing import Any, NoReturn

import orjson

from schemas.listing import Observation, Quarantined, RawListing

TITLE = re.compile(rb"<title[^>]*>([^<]{0,120})", re.IGNORECASE)


class AnswerError(ValueError):
    """A source's answer cannot be used; the message continues "answered 200 with …"."""


class LargeAnswerError(AnswerError):
    """An answer holds more than is read; asking again would bring the same."""


MOST_VALUES = 600_000
"""Most values in one answer. The largest recorded one, models.dev's, has 120,000; each needs 100 to 300 bytes of
memory."""

OPENING = (b",", b"[", b"{")
"""Each value but the first follows one of these."""


class Numeral:
    """A number as the source spelled it, so that no digit is lost, whatever its size or notation."""

    __slots__ = ("spelling",)

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def __repr__(self) -> str:
        return self.spelling


def read_json(body: bytes) -> object:
    """Read a response's body, numbers as Numerals; raise AnswerError saying what it is where it is not JSON."""
    head = body.lstrip()
    if head.startswith(b"<"):
        raise AnswerError(f"an HTML page titled {_title(head)!r} instead of JSON")
    if not head:
        raise AnswerError("an empty body instead of JSON")
    if sum(map(body.count, OPENING)) >= MOST_VALUES:
        raise LargeAnswerError(f"JSON of more than {MOST_VALUES:,} values")
    try:
        text = body.decode("utf-8-sig")
        return json.loads(text, parse_float=Numeral, parse_int=Numeral, parse_constant=_refuse_constant)
    except RecursionError:
        raise AnswerError("JSON that is nested too deep to read") from None
    except ValueError as error:
        raise AnswerError(f"a body that is not JSON ({error})") from error


def raw_listing(
    record: dict[str, Any], seen: Observation, *, asked_as: str | None = None, version: str | None = None
) -> RawListing | Quarantined:
    """Write one record with sorted keys; one that cannot be written as JSON again is quarantined."""
    try:
        body = orjson.dumps(record, default=_as_spelled, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        return refused(record, seen, f"{error}: text must be Unicode without lone surrogates, nested at most 250 deep")
    return RawListing.of(seen, body, asked_as=asked_as, version=version)


def raw_text(body: bytes, seen: Observation, *, version: str | None) -> RawListing | Quarantined:
    """Record a text as it came, byte for byte; one that is not UTF-8 is quarantined."""
    try:
        return RawListing.of(seen, body.decode("utf-8"), version=version)
    except UnicodeDecodeError as error:
        shown = body.decode(errors="backslashreplace")
        return refused(shown, seen, f"is not UTF-8: byte {error.start} is 0x{body[error.start]:02x} ({error.reason})")


def refused(element: object, seen: Observation, reason: str, *, field: str = "") -> Quarantined:
    """Quarantine an element that is no record, as ASCII JSON with its numbers as text."""
    what = seen._replace(id=seen.id.encode(errors="backslashreplace").decode())
    return Quarantined.of(what, "fetch", reason, field=field, raw=_as_ascii(element))


def _as_ascii(element: object) -> str:
    try:
        return json.dumps(element, sort_keys=True, default=repr)
    except RecursionError:
        return json.dumps("nested too deep to be written")


def _title(page: bytes) -> str:
    found = TITLE.search(page)
    return " ".join(found[1].decode(errors="replace").split()) if found else ""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _as_spelled(value: object) -> orjson.Fragment:
    if isinstance(value, Numeral):
        return orjson.Fragment(value.spelling)
    raise TypeError(f"{type(value).__name__} does not come from JSON")
