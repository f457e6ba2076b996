"""The one form in which the readers of cards and descriptions return what a sentence states."""

from typing import NamedTuple

from pipelines.rules.descriptions import Stated
from pipelines.texts.rulings import Method


class TextClaim(NamedTuple):
    """One sentence that states a limit or an ability of the model that its text is about."""

    kind: Stated
    name: str | None
    """The failure mode by its name in facts, None for a plain limitation; for a capability its name."""
    quote: str
    """text[start:end]."""
    start: int
    """Its first byte in a card, or its first character in a description, as stored."""
    end: int
    """The byte or character after its last."""
    method: Method = "pattern"
