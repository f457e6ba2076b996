"""Reads precedence.toml: which source is believed about which fact."""

import tomllib
from functools import lru_cache

from pydantic import Field as PydanticField

from pipelines.rules.tables import table_text
from schemas.base import Frozen
from schemas.sources import CATALOGUES


class Field(Frozen):
    """Which sources are believed about one fact, or about one group of facts."""

    fact: str
    """Name of a fact, or "group:" for all items of a group."""
    order: tuple[str, ...]
    """Sources that are believed, the most believed first."""
    group: str | None = None
    """Group of the items of this list ("input" of "input_modalities"); list and items come from the same source."""
    otherwise: str | None = None
    """Fact that is believed in the place of this one where no source states it ("licence_in_text")."""
    whole: bool = False
    """Whether all items of the group come from one record: of those that state any, the most believed one."""
    of_offer: bool = False
    """Whether the fact is true of one offer and not of the model."""
    says_little: tuple[str, ...] = ()
    """Values that neither confirm nor contradict another ("unknown" as licence), believed only where no other is."""
    also: tuple[str, ...] = ()
    """Facts that should have the same value ("licence_tag"): never believed in its place, but compared with it."""
    path: str | None = None
    """Path in the passport at which different values are shown as a conflict; None where they are not shown."""
    scope: dict[str, str] = PydanticField(default_factory=dict)
    """Source → what it speaks of here, where that is more precise than its general scope."""
    copies: dict[str, str] = PydanticField(default_factory=dict)
    """Source of the record that names the passport → its fact that others copy: an equal value says no more."""
    tolerance_days: int = 0
    """Dates that are at most so many days apart agree."""
    as_name: bool = False
    """Whether texts that differ only in case agree."""


class Denial(Frozen):
    """A request parameter that a listing may name, and the facts by which others claim or deny its support."""

    parameter: str
    fact: str
    """Fact of a catalogue that claims or denies the parameter: "claimed:tools"."""
    sentence: str | None = None
    """Fact of a text that denies it: "limit:tools-denied"."""


class LicenceText(Frozen):
    """A well-known licence, and how its text is recognised."""

    licence: str
    """The Hub's id of the licence."""
    titles: tuple[tuple[str, ...], ...]
    """First lines of such a text, compared without white space and case; each row is one variant of them."""
    longest_bytes: int
    """Most bytes of such a text; a longer one states more than the licence does."""


class Precedence(Frozen):
    """Contents of precedence.toml."""

    version: str
    scope: dict[str, str]
    field: tuple[Field, ...]
    denial: tuple[Denial, ...]
    licence: tuple[LicenceText, ...] = ()


@lru_cache(maxsize=1)
def precedence() -> Precedence:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    return Precedence.model_validate(tomllib.loads(table_text("precedence.toml")), strict=False)


def field_of(fact: str) -> Field | None:
    """Row of a fact, by its name or its group; None where only the record that names the passport is believed."""
    rows = _rows()
    return rows.get(fact) or rows.get(fact.partition(":")[0] + ":")


@lru_cache(maxsize=1)
def _rows() -> dict[str, Field]:
    rows = {row.fact: row for row in precedence().field}
    grouped = {f"{row.group}:": row for row in precedence().field if row.group}
    denied = {row.fact: Field(fact=row.fact, order=CATALOGUES, of_offer=True) for row in precedence().denial}
    return rows | grouped | denied
