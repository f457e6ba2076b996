"""What a sentence of a card or description states of the model: the ruling on it, and the claim that readers return."""

from typing import Final, Literal, NamedTuple

from pipelines.markdown.sections import Section
from pipelines.rules.cards import CLAIMING, ClaimKind
from pipelines.rules.descriptions import Stated

Method = Literal["section", "pattern"]

_KINDS: Final[dict[str, ClaimKind]] = {kind: kind for kind in CLAIMING}


class Ruling(NamedTuple):
    """What a sentence states against the model."""

    kind: ClaimKind
    mode: str | None
    """A failure mode by its name in facts; None for a plain limitation."""
    method: Method
    """What makes it a claim. "section": its heading and its words; "pattern": its words alone."""


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


def kind_of_section(section: Section) -> ClaimKind | None:
    """Kind that sentences of a section state by its heading; None where it is not about limits."""
    return _KINDS.get(section.kind)
