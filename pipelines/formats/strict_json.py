"""Reading JSON of which every reader makes the same thing, before a signature is judged by it."""

import json
from typing import Any

import orjson

from pipelines.errors import PipelineError

LARGEST_INTEGER = 2**53 - 1
"""Beyond it doubles skip integers (RFC 7493, section 2.2), so readers would differ."""
DEEPEST = 250
"""What `max_depth` can be: orjson gives up writing at 254, and the depth is read off what it writes."""
_INDENT = b"  "
"""What orjson.OPT_INDENT_2 puts before a line, once per container around it."""


class MalformedJsonError(PipelineError):
    """The bytes are not JSON, or JSON of which two readers could make two things. `reason` says where and what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(raw: bytes, *, max_bytes: int, max_depth: int) -> Any:  # noqa: ANN401  # JSON can be anything
    """Read one JSON value in UTF-8 and nothing else.

    `max_depth` is how many containers may lie around a value, at most DEEPEST. Raises MalformedJsonError on what is not
    JSON (invalid UTF-8, a byte order mark, NaN, trailing bytes), on repeated keys, lone surrogates, integers beyond
    ±(2^53-1), numbers too large for a double, and on what is longer or deeper than allowed.
    """
    if len(raw) > max_bytes:
        raise MalformedJsonError(f"{len(raw)} bytes, where at most {max_bytes} are read")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedJsonError(f"not JSON: {error}") from None
    _refuse_deep(value, max_depth)
    if not _is_written_plainly(value, raw):
        json.loads(raw.decode(), object_pairs_hook=_refuse_repeated_keys, parse_int=_refuse_imprecise)
    return value


def _refuse_deep(value: object, max_depth: int) -> None:
    """Read the depth off the indentation: strings hold no newline of their own, since JSON escapes it."""
    max_depth = min(max_depth, DEEPEST)
    try:
        too_deep = b"\n" + _INDENT * (max_depth + 1) in orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except orjson.JSONEncodeError:
        too_deep = True
    if too_deep:
        raise MalformedJsonError(f"a value lies inside more than {max_depth} containers")


def _is_written_plainly(value: object, raw: bytes) -> bool:
    """Whether writing the value gives the very bytes it was read from.

    If so, no key was repeated (a dict writes each once) and no integer was imprecise (orjson reads the longest ones as
    fractions, which it writes differently, and refuses to write the others). All passports we publish pass here.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER) == raw
    except orjson.JSONEncodeError:
        return False


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise MalformedJsonError(f"the key {key[:80]!r} stands twice in one object")
        seen.add(key)


def _refuse_imprecise(digits: str) -> None:
    # Counted first: Python refuses to read thousands of digits, and takes long over hundreds.
    if len(digits.lstrip("-")) > len(str(LARGEST_INTEGER)) or abs(int(digits)) > LARGEST_INTEGER:
        raise MalformedJsonError(f"the integer {digits[:24]} is beyond ±(2^53-1)")
