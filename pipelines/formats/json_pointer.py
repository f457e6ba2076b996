"""Reads values at JSON Pointers (RFC 6901) leniently: what is missing is None."""

from typing import Any


def resolve(document: Any, pointer: str) -> Any:  # noqa: ANN401 - any JSON
    """Value at a pointer into a document; None where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
