"""Writes JSON values in the canonical form that is hashed and signed (RFC 8785)."""

import re
from typing import Any

import orjson
import rfc8785

from pipelines.errors import PipelineError

_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_SUBCLASS
_SHORTEST_PLAIN_FRACTION = 1e-5
"""orjson writes smaller fractions with an exponent, RFC 8785 (section 3.2.2.3, ECMAScript) only those below 1e-6."""
_LARGEST_PLAIN_FRACTION = 2**53
"""From here on every double is a whole number."""
_ASTRAL_TO_END_OF_STRING = {
    lead: re.compile(re.escape(bytes([lead])) + rb'[^"\\]*(?:\\.[^"\\]*)*"(:?)') for lead in range(0xF0, 0xF5)
}
"""First byte in UTF-8 of characters beyond U+FFFF → pattern from such a character to the end of its string. To search
for one byte costs next to nothing, and most texts have none of these."""


class NotCanonicalError(PipelineError):
    """Raised for a value without canonical form: NaN, infinity, an integer beyond 2^53-1, a lone surrogate, no JSON."""


def canonical(value: object) -> bytes:
    """Return a JSON value in canonical form (RFC 8785), as UTF-8.

    `value` is made of dict, list, tuple, str, int, float, bool and None. Raises NotCanonicalError on anything else and
    on what RFC 8785 cannot write. orjson, twenty times as fast as rfc8785, writes the value where `_spelled_alike` and
    `_ordered_alike` show that its bytes are the same.
    """
    try:
        text = orjson.dumps(value, option=_SORTED)
    except orjson.JSONEncodeError:
        return _by_the_book(value)
    if _spelled_alike(value) and _ordered_alike(text):
        return text
    return _by_the_book(value)


def _by_the_book(value: object) -> bytes:
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # anything may be tried: it refuses what is no JSON
    except (ValueError, RecursionError) as error:
        raise NotCanonicalError(f"no canonical form: {error}; give plain JSON within I-JSON's range") from error


def _spelled_alike(value: object) -> bool:
    """Whether orjson writes every value as RFC 8785 does.

    It does for all strings, integers, constants, and those fractions that need no exponent. It differs in 1.0 and 1e-6,
    writes null for NaN, and accepts types that are not JSON. The value has no cycles: orjson has refused those.
    """
    unread: list[Any] = [[value]]
    while unread:
        node = unread.pop()
        for child in node.values() if node.__class__ is dict else node:
            kind = child.__class__
            if kind is str:
                continue
            if kind is dict or kind is list or kind is tuple:
                unread.append(child)
            elif kind is float:
                if not _is_plain_fraction(child):
                    return False
            elif kind is not int and kind is not bool and child is not None:
                return False
    return True


def _is_plain_fraction(number: float) -> bool:
    return _SHORTEST_PLAIN_FRACTION <= abs(number) < _LARGEST_PLAIN_FRACTION and not number.is_integer()


def _ordered_alike(text: bytes) -> bool:
    """Whether sorting keys by code point, as orjson does, gave RFC 8785's order by UTF-16 code unit.

    The two differ only where a key has a character beyond U+FFFF. A string is a key if a colon follows it directly.
    """
    present = (pattern for lead, pattern in _ASTRAL_TO_END_OF_STRING.items() if lead in text)
    return not any(end[1] for pattern in present for end in pattern.finditer(text))
