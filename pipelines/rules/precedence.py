"""Which source is believed of which fact: the table, read once."""

import tomllib
from functools import lru_cache

from pydantic import Field as PydanticField

from pipelines.rules.tables import table_text
from schemas.base import Frozen
from schemas.sources import CATALOGUES


class Field(Frozen):
    """Who is believed of one fact, or of one group of facts."""

    fact: str
    """Name of a fact, or "group:" for all items of a group."""
    order: tuple[str, ...]
    """Sources that are believed, the most believed first."""
    group: str | None = None
    """Group whose items come from the source that is believed of the list."""
    whole: bool = False
    """All items of the group come from one record: the most believed that names any."""
    of_offer: bool = False
    """It is true of one offer and not of the model."""
    says_little: tuple[str, ...] = ()
    """Values that neither confirm nor deny another, and are believed only where there is no other."""
    also: tuple[str, ...] = ()
    """Facts that should say the same: never believed in its place, and held against what is."""
    path: str | None = None
    """Where differing values are shown as a conflict."""
    scope: dict[str, str] = PydanticField(default_factory=dict)
    """Source → what it speaks of here, where that is more than its scope in general."""
    tolerance_days: int = 0
    """Dates that are not further apart agree."""
    as_name: bool = False
    """Texts that differ in case alone agree."""


class Denial(Frozen):
    """A request parameter that a listing names or does not, and what a catalogue or a text says of it."""

    parameter: str
    fact: str
    """What a catalogue claims of it."""
    sentence: str | None = None
    """A limit: the words by which a card denies it."""


class LicenceText(Frozen):
    """A well-known licence, and what its text is told by."""

    licence: str
    """The Hub's id of it."""
    titles: tuple[tuple[str, ...], ...]
    """Lines that such a text begins with, one after the other, white space and case apart; each row is one way."""
    longest_bytes: int
    """A longer text says more than the licence does."""


class Precedence(Frozen):
    """precedence.toml."""

    version: str
    scope: dict[str, str]
    field: tuple[Field, ...]
    denial: tuple[Denial, ...]
    licence: tuple[LicenceText, ...] = ()


@lru_cache(maxsize=1)
def precedence() -> Precedence:
    """Read the table; raise pydantic.ValidationError naming the row and field that is wrong."""
    return Precedence.model_validate(tomllib.loads(table_text("precedence.toml")), strict=False)


def field_of(fact: str) -> Field | None:
    """Row of a fact, by its name or by its group; None where only the record that names the passport is believed."""
    rows = _rows()
    return rows.get(fact) or rows.get(fact.partition(":")[0] + ":")


@lru_cache(maxsize=1)
def _rows() -> dict[str, Field]:
    rows = {row.fact: row for row in precedence().field}
    grouped = {f"{row.group}:": row for row in precedence().field if row.group}
    denied = {row.fact: Field(fact=row.fact, order=CATALOGUES, of_offer=True) for row in precedence().denial}
    return rows | grouped | denied
