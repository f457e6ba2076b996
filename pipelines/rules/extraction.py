"""The table of what a language model is asked for and what of its answer may count: read once and checked."""

import hashlib
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Self

from pydantic import Field, field_validator, model_validator

from schemas.base import Frozen
from schemas.listing import Kind
from schemas.sources import BY_NAME

PLAIN = "plain"
"""The claim of a limit that no failure mode fits."""


class ExtractionBounds(Frozen):
    """How much is sent, and how much of an answer is read."""

    shortest_quote_chars: int
    longest_quote_chars: int
    longest_text_bytes: int
    most_proposals: int
    longest_answer_chars: int
    answer_tokens: int


class TextRule(Frozen):
    """A text of a source that is worth asking about."""

    source: str
    kind: Kind
    """Kind of the records that hold it."""
    field: str
    """JSON Pointer to it in the record's body; "" where the body is the text."""
    of: str
    """Whose names the records' ids are: a source that names passports."""

    @field_validator("of")
    @classmethod
    def _names_passports(cls, value: str) -> str:
        if value not in BY_NAME or not BY_NAME[value].names_passports:
            raise ValueError(f"{value!r} is no source that names passports")
        return value


class ClaimRule(Frozen):
    """A failure mode that a text can state."""

    id: str
    meaning: str
    """What the language model is told of it."""


class ExtractionRules(Frozen):
    """extraction.toml."""

    version: str
    system: str
    user: str
    bounds: ExtractionBounds
    texts: tuple[TextRule, ...] = Field(alias="text")
    claims: tuple[ClaimRule, ...] = Field(alias="claim")
    sha256: str
    """Pins what a model is asked: an answer to another question is no answer to this one."""

    @model_validator(mode="after")
    def _rows_are_distinct(self) -> Self:
        for names in ([claim.id for claim in self.claims] + [PLAIN], [text.source for text in self.texts]):
            if len(set(names)) < len(names):
                raise ValueError(f"two rows have the same name: {sorted(names)}")
        return self

    def text_of(self, source: str) -> TextRule | None:
        """The row of a source, None where it has no text that is asked about."""
        return next((text for text in self.texts if text.source == source), None)

    def claim_ids(self) -> tuple[str, ...]:
        """Every claim that a proposal can make."""
        return (*(claim.id for claim in self.claims), PLAIN)


@lru_cache(maxsize=1)
def extraction_rules() -> ExtractionRules:
    """Read the table; raise pydantic.ValidationError naming the row and field that is wrong."""
    text = resources.files("pipelines").joinpath("rules", "extraction.toml").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ExtractionRules.model_validate({**tomllib.loads(text), "sha256": digest}, strict=False)
