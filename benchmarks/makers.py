"""Entries of the makers' own: which one, if any, is of a model that OpenRouter lists.

A name is joined as `benchmarks/labels/makers.toml` says and in no other way: a wrong join would be a wrong answer, a
missed one is only an answer less. Variants ("…:free") and aliases ("~…") are joined with none.
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
    """Where one author of OpenRouter's ids lists its models itself."""

    author: str
    section: str = ""
    """Section of models.dev; "" where there is none."""
    providers: tuple[str, ...] = ()
    """`litellm_provider` of its rows."""
    prefixes: tuple[str, ...] = ()
    """What stands there before the names of the maker's own."""
    suffix: str = ""
    same: dict[str, str] = Field(default_factory=dict)
    """OpenRouter's name → the maker's for that model, looked up by hand."""
    other: tuple[str, ...] = ()
    """OpenRouter's names that mean another model at the maker's."""

    def bare(self, entry_id: str) -> str:
        """An entry's id as a name that can be compared."""
        for prefix in self.prefixes:
            entry_id = entry_id.removeprefix(prefix)
        return plain(entry_id.removesuffix(self.suffix))

    def entry_of(self, name: str, entries: Mapping[str, Truth]) -> Truth | None:
        """The entry of OpenRouter's `name`: that very name, the one looked up by hand, or the only one with a day."""
        if name in self.other:
            return None
        if (found := entries.get(plain(name))) or (found := entries.get(plain(self.same.get(name, "")))):
            return found
        dated = [key for key in entries if re.fullmatch(re.escape(plain(name)) + r"-20\d{6}", key)]
        return entries[dated[0]] if len(dated) == 1 else None


@cache
def makers() -> tuple[Maker, ...]:
    """Read the table once."""
    table = tomllib.loads(TABLE.read_text())
    return tuple(Maker.model_validate(row, strict=False) for row in table["maker"])


def plain(name: str) -> str:
    """A name in the one spelling in which names are compared."""
    return re.sub(r"[._]", "-", name.lower())


def by_models_dev(ids: Iterable[str], sections: Mapping[str, Any]) -> dict[str, Truth]:
    """OpenRouter's id → the maker's own entry in models.dev."""
    held = {one.author: _named(one, sections[one.section]["models"].items()) for one in makers() if one.section}
    return dict(_joined(ids, held))


def by_litellm(ids: Iterable[str], rows: Mapping[str, Truth]) -> dict[str, Truth]:
    """OpenRouter's id → the row of the maker's own API in LiteLLM's table."""
    of_makers = {
        one.author: _named(
            one, ((key, row) for key, row in rows.items() if row.get("litellm_provider") in one.providers)
        )
        for one in makers()
    }
    return dict(_joined(ids, of_makers))


def _named(maker: Maker, entries: Iterable[tuple[str, Truth]]) -> dict[str, Truth]:
    """Entries by their compared names; a name that two of them have is nobody's."""
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
