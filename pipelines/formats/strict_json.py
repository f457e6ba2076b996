"""Reads only JSON that every parser understands alike, so that a signature covers what each reader sees."""

import json
from typing import Any

import orjson

from pipelines.errors import PipelineError

LARGEST_INTEGER = 2**53 - 1
"""Doubles cannot hold all larger integers (RFC 7493, section 2.2), so readers would differ."""
DEEPEST = 250
"""Largest `max_depth`: orjson refuses to write 254 levels, and the depth is seen in what it writes."""
_INDENT = b"  "
"""What orjson.OPT_INDENT_2 writes before a line, once for each container around it."""


class MalformedJsonError(PipelineError):
    """Raised for bytes that are not JSON, or that two parsers may read differently; `reason` says where and why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(raw: bytes, *, max_bytes: int, max_depth: int) -> Any:  # noqa: ANN401  # JSON can be anything
    """Return the JSON value that the bytes hold, in UTF-8, and nothing else.

    `max_depth` is how many containers may be around a value, at most DEEPEST. Raises MalformedJsonError on what is not
    JSON (invalid UTF-8, a byte order mark, NaN, trailing bytes), on repeated keys, lone surrogates, integers beyond
    ±(2^53-1), numbers too large for a double, and on what is longer or deeper than allowed.
    """
    if len(raw) > max_bytes:
        raise MalformedJsonError(f"more than {max_bytes:,} bytes")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedJsonError(f"not JSON: {error}") from None
    _refuse_deep(value, max_depth)
    if not _is_written_plainly(value, raw):
        json.loads(raw.decode(), object_pairs_hook=_refuse_repeated_keys, parse_int=_refuse_imprecise)
    return value


def _refuse_deep(value: object, max_depth: int) -> None:
    """Raise on too deep a value, by its indentation when written: strings have no newline, since JSON escapes it."""
    max_depth = min(max_depth, DEEPEST)
    try:
        too_deep = b"\n" + _INDENT * (max_depth + 1) in orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError:
        too_deep = True
    if too_deep:
        raise MalformedJsonError(f"a value is nested in more than {max_depth} containers")


def _is_written_plainly(value: object, raw: bytes) -> bool:
    """Whether writing the value gives exactly the bytes that it was read from.

    If so, no key was repeated (a dict writes each once) and no integer was imprecise (orjson reads the longest ones as
    fractions, which it writes differently, and refuses to write the others). All published passports pass here.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == raw
    except orjson.JSONEncodeError:
        return False


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise MalformedJsonError(f"the key {key[:80]!r} is twice in one object")
        seen.add(key)


def _refuse_imprecise(digits: str) -> None:
    # Counted first: Python refuses to read thousands of digits, and takes long over hundreds.
    if len(digits.lstrip("-")) > len(str(LARGEST_INTEGER)) or abs(int(digits)) > LARGEST_INTEGER:
        raise MalformedJsonError(f"the integer {digits[:24]} is beyond ±(2^53-1)")
