"""Reads the forms in which OpenRouter's API answers: pages of the model list, and single records."""

import re
from typing import Any, NamedTuple

from spiders.download.documents import AnswerError, Numeral, read_json

COUNT = re.compile(r"\d{1,15}")


class ListPage(NamedTuple):
    """One page of the model list."""

    elements: list[object]
    announced: int | None
    """`total_count`."""
    following: str | None
    """`links.next`, as it came."""


def read_page(body: bytes) -> ListPage:
    """Read a later page of the list: a bare array, or an object around `data`; raise AnswerError."""
    document = read_json(body)
    if isinstance(document, list):
        return ListPage(document, announced=None, following=None)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise AnswerError(f"{_shape(document)} instead of a list of models or an object with one under `data`")
    page = ListPage(document["data"], _announced(document.get("total_count")), _following(document.get("links")))
    if page.following is not None and not page.elements:
        raise AnswerError("an empty page that links to a next one")
    return page


def read_first_page(body: bytes) -> ListPage:
    """Read the list's first page; raise AnswerError also when it is empty."""
    page = read_page(body)
    if not page.elements:
        raise AnswerError("an empty list instead of models")
    return page


def read_record(body: bytes) -> dict[str, Any]:
    """Read the one record under `data`; raise AnswerError."""
    document = read_json(body)
    record = document.get("data") if isinstance(document, dict) else None
    if not isinstance(record, dict):
        raise AnswerError(f"{_shape(document)} instead of an object with a record under `data`")
    return record


def _announced(total_count: object) -> int | None:
    if total_count is None:
        return None
    if not isinstance(total_count, Numeral) or not COUNT.fullmatch(total_count.spelling):
        raise AnswerError(f"a total_count that is not a whole number: {str(total_count)[:40]}")
    return int(total_count.spelling)


def _following(links: object) -> str | None:
    following = links.get("next") if isinstance(links, dict) else None
    if not isinstance(links, dict | None) or not isinstance(following, str | None):
        raise AnswerError(f"links that cannot be read: {str(links)[:40]}")
    return following


def _shape(document: object) -> str:
    if isinstance(document, dict):
        return f"an object of {', '.join(map(repr, sorted(document)[:5])) or 'nothing'}"
    return "an array" if isinstance(document, list) else "a single value"
