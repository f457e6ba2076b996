"""Finds the entry of a model that OpenRouter lists in its maker's own list, if there is one.

Names are joined by `benchmarks/labels/makers.toml` alone: a wrong join would give a wrong answer, a missed one only
one answer less. Variants ("…:free") and aliases ("~…") are joined with no entry.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field

from schemas.base import Frozen

Truth = Mapping[str, Any]

TABLE = Path(__file__).parent / "labels/makers.toml"


class Maker(Frozen):
    """Where the maker behind one author of OpenRouter's ids lists its own models."""

    author: str
    section: str = ""
    """Section of models.dev; "" where it has none."""
    providers: tuple[str, ...] = ()
    """`litellm_provider` of its rows in LiteLLM's table."""
    prefixes: tuple[str, ...] = ()
    """Prefixes of entry ids, before the maker's own names."""
    suffix: str = ""
    same: dict[str, str] = Field(default_factory=dict)
    """OpenRouter's name → the maker's name of that model, found by hand."""
    other: tuple[str, ...] = ()
    """OpenRouter's names that the maker uses for another model."""

    def bare(self, entry_id: str) -> str:
        """Return an entry's id as a name to compare, without prefixes and suffix."""
        for prefix in self.prefixes:
            entry_id = entry_id.removeprefix(prefix)
        return plain(entry_id.removesuffix(self.suffix))

    def entry_of(self, name: str, entries: Mapping[str, Truth]) -> Truth | None:
        """Return the entry of OpenRouter's `name`: of the same name, found by hand, or the only one with a date."""
        if name in self.other:
            return None
        if (found := entries.get(plain(name))) or (found := entries.get(plain(self.same.get(name, "")))):
            return found
        dated = [key for key in entries if re.fullmatch(re.escape(plain(name)) + r"-20\d{6}", key)]
        return entries[dated[0]] if len(dated) == 1 else None


@cache
def makers() -> tuple[Maker, ...]:
    """Return all makers of the table, read once."""
    table = tomllib.loads(TABLE.read_text())
    return tuple(Maker.model_validate(row, strict=False) for row in table["maker"])


def plain(name: str) -> str:
    """Return a name in the spelling in which names are compared."""
    return re.sub(r"[._]", "-", name.lower())


def by_models_dev(ids: Iterable[str], sections: Mapping[str, Any]) -> dict[str, Truth]:
    """Return OpenRouter's id → the maker's own entry in models.dev."""
    held = {one.author: _named(one, sections[one.section]["models"].items()) for one in makers() if one.section}
    return dict(_joined(ids, held))


def by_litellm(ids: Iterable[str], rows: Mapping[str, Truth]) -> dict[str, Truth]:
    """Return OpenRouter's id → the row of the maker's own API in LiteLLM's table."""
    of_makers = {
        one.author: _named(
            one, ((key, row) for key, row in rows.items() if row.get("litellm_provider") in one.providers)
        )
        for one in makers()
    }
    return dict(_joined(ids, of_makers))


def _named(maker: Maker, entries: Iterable[tuple[str, Truth]]) -> dict[str, Truth]:
    """Return the entries by the names to compare, without names that two of them have."""
    named: dict[str, list[Truth]] = {}
    for entry_id, entry in entries:
        named.setdefault(maker.bare(entry_id), []).append(entry)
    return {name: found[0] for name, found in named.items() if len(found) == 1}


def _joined(ids: Iterable[str], held: Mapping[str, Mapping[str, Truth]]) -> Iterator[tuple[str, Truth]]:
    authors = {one.author: one for one in makers()}
    for listing_id in ids:
        author, _, name = listing_id.partition("/")
        if ":" not in name and author in held and (found := authors[author].entry_of(name, held[author])):
            yield listing_id, found
