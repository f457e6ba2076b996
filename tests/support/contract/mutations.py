"""Changes that make a valid document invalid at one place, which a refusal must name."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

Document = dict[str, Any]


class Spoiling(NamedTuple):
    """A change of a valid document that makes it invalid."""

    name: str
    spoil: Callable[[Document], None]
    place: str
    """JSON Pointer that one of the refusals must name."""

    def of(self, document: Document) -> Document:
        spoilt = copy.deepcopy(document)
        self.spoil(spoilt)
        return spoilt


def put(name: str, place: str, value: object, *, refused_at: str | None = None) -> Spoiling:
    """Replace the value at a place, or add a key there."""

    def spoil(document: Document) -> None:
        holder, key = _holder(document, place)
        holder[key] = copy.deepcopy(value)

    return Spoiling(name, spoil, place if refused_at is None else refused_at)


def drop(name: str, place: str, *, refused_at: str | None = None) -> Spoiling:
    """Remove the value at a place."""

    def spoil(document: Document) -> None:
        holder, key = _holder(document, place)
        del holder[key]

    return Spoiling(name, spoil, place if refused_at is None else refused_at)


def repeat(name: str, place: str, times: int) -> Spoiling:
    """Repeat the first item of a list, in the place of all its items."""

    def spoil(document: Document) -> None:
        holder, key = _holder(document, place)
        holder[key] = holder[key][:1] * times

    return Spoiling(name, spoil, place)


def extra(name: str, place: str, key: str = "surprise") -> Spoiling:
    """Add a key that the format does not have."""
    return put(name, f"{place}/{key}", 1, refused_at=place)


def at(document: Document, place: str) -> Any:
    holder, key = _holder(document, place)
    return holder[key]


def _holder(document: Document, place: str) -> tuple[Any, Any]:
    *steps, last = place.removeprefix("/").split("/")
    holder: Any = document
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder[step]
    return holder, int(last) if isinstance(holder, list) else last
