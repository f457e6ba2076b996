"""Reads extraction.toml: what a language model is asked, and what of its answer may count."""

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
"""Id of the claim of a limit that is no failure mode of the catalogue."""


class ExtractionBounds(Frozen):
    """Bounds on what is sent to a language model, and on what is read of its answer."""

    shortest_quote_chars: int
    longest_quote_chars: int
    longest_text_bytes: int
    most_proposals: int
    longest_answer_chars: int
    answer_tokens: int


class TextRule(Frozen):
    """A text of a source about which a language model is asked."""

    source: str
    kind: Kind
    """Kind of the records that hold it."""
    field: str
    """JSON Pointer to it in the record's body; "" where the body is the text."""
    of: str
    """Source whose ids the records have; it names passports."""

    @field_validator("of")
    @classmethod
    def _names_passports(cls, value: str) -> str:
        if value not in BY_NAME or not BY_NAME[value].names_passports:
            raise ValueError(f"{value!r} is not a source that names passports")
        return value


class ClaimRule(Frozen):
    """A failure mode that a text can state."""

    id: str
    meaning: str
    """Explanation of it that the language model is given."""


class ExtractionRules(Frozen):
    """Contents of extraction.toml."""

    version: str
    system: str
    user: str
    bounds: ExtractionBounds
    texts: tuple[TextRule, ...] = Field(alias="text")
    claims: tuple[ClaimRule, ...] = Field(alias="claim")
    sha256: str
    """Digest of the table, stored with answers: an answer to another question is not used."""

    @model_validator(mode="after")
    def _rows_are_distinct(self) -> Self:
        for names in ([claim.id for claim in self.claims] + [PLAIN], [text.source for text in self.texts]):
            if len(set(names)) < len(names):
                raise ValueError(f"two rows have the same name: {sorted(names)}")
        return self

    def text_of(self, source: str) -> TextRule | None:
        """Row of a source; None where no text of it is asked about."""
        return next((text for text in self.texts if text.source == source), None)

    def claim_ids(self) -> tuple[str, ...]:
        """Ids of all claims that a proposal can make."""
        return (*(claim.id for claim in self.claims), PLAIN)


@lru_cache(maxsize=1)
def extraction_rules() -> ExtractionRules:
    """Return the table, read once; raise pydantic.ValidationError that names the wrong row and field."""
    text = resources.files("pipelines").joinpath("rules", "extraction.toml").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ExtractionRules.model_validate({**tomllib.loads(text), "sha256": digest}, strict=False)
