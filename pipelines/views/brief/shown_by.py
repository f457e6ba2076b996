"""Puts what shows a statement into one line: who states it, where in its record, and the value or the words."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pipelines.views.brief.layout import CUT
from schemas.sources import SOURCES

Json = dict[str, Any]
EvidenceByPath = Mapping[str, list[Json]]

WHO = {row.name: row.known_as or row.name for row in SOURCES} | {"rules": "true of its kind"}
"""Source → how it is named; another one by its own name."""

IN_SHORT = {"supported_parameters": "parameter", "input_modalities": "input", "output_modalities": "output"}
"""Field of a record → how it is named where its own name is long."""

_PLACE_IN_A_LIST = re.compile(r"(?:\d+|bytes:.*)\Z")
_ANSWERED = "/answered/"
MODALITIES = "/architecture/"
"""Where a listing states modalities, which many models share, and "text" nearly all."""
STEM, SHORTEST_WORD = 4, 2
NEAR, WORDS_BEFORE, FEWEST_CUT = 6, 1, 3


def by_path(unfragile: Json) -> EvidenceByPath:
    """Path → its entries of evidence, in the order of the passport."""
    found: dict[str, list[Json]] = defaultdict(list)
    for entry in unfragile.get("evidence", ()):
        found[entry["path"]].append(entry)
    return found


def shown_by(entries: list[Json], name: str) -> str:
    """The most telling entry in one line: `supported parameters: tools (OpenRouter)`.

    Of a source's words it shows those from about where they speak of `name`, in quotation marks.
    """
    if not entries:
        return "no evidence"
    entry = min(entries, key=_rank)
    who = _who(entry)
    if entry["method"] == "class":
        return who
    if entry["locator"].startswith(_ANSWERED):
        return f"{who} lists it under {listed_under(entry)}"
    if "quote" in entry:
        return f"{_whose(entry)}: {excerpt(entry['quote'], name)}"
    return f"{_place(entry['locator'])}: {_value(entry.get('value'))} ({who})"


def listed_under(entry: Json) -> str:
    """The group of models that a seller's answer lists it in: "category=science" becomes "science"."""
    query: str = entry["url"].rpartition("?")[2].rpartition("&")[2]
    return query.removeprefix("category=")


def excerpt(quote: str, name: str) -> str:
    """The quote in quotation marks, from a little before the place that has most words of the name."""
    words = quote.split()
    stems = {word[:STEM].casefold() for word in name.replace("-", " ").split() if len(word) > SHORTEST_WORD}
    hits = [{stem for stem in stems if stem in word.casefold()} for word in words]
    nearby = [len(set().union(*hits[place : place + NEAR])) if found else 0 for place, found in enumerate(hits)]
    start = nearby.index(max(nearby)) - WORDS_BEFORE if any(nearby) else 0
    start = start if start >= FEWEST_CUT else 0
    return f'"{CUT if start else ""}{" ".join(words[start:])}"'


def _rank(entry: Json) -> int:
    """How little an entry tells: words first, then values, then modalities, and of those "text" last."""
    if "quote" in entry and entry["method"] != "class":
        return 0
    if not entry["locator"].startswith(MODALITIES):
        return 1
    return 3 if entry.get("value") == "text" else 2


def _who(entry: Json) -> str:
    source: str = entry["source"]
    return WHO.get(source, source)


def _whose(entry: Json) -> str:
    """Whose words a quote is: "description", "its card"."""
    return _place(entry["locator"]) or _who(entry)


def _place(locator: str) -> str:
    """The name of the field at a place in a record; "" for a place in a text."""
    names = [name for name in locator.split("/") if name and not _PLACE_IN_A_LIST.match(name)]
    return IN_SHORT.get(names[-1], names[-1].replace("_", " ").replace("~1", "/")) if names else ""


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
