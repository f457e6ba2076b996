"""What was decided about one sentence of a card: that it states something against the model, and what."""

from typing import Final, Literal, NamedTuple

from pipelines.markdown.sections import Section
from pipelines.rules.cards import CLAIMING, ClaimKind

Method = Literal["section", "pattern"]

_KINDS: Final[dict[str, ClaimKind]] = {kind: kind for kind in CLAIMING}


class Ruling(NamedTuple):
    """What a sentence states against the model."""

    kind: ClaimKind
    mode: str | None
    """A failure mode by its name in facts; None for a plain limitation."""
    method: Method
    """What makes it a claim. "section": its heading and its words; "pattern": its words alone."""


def kind_of_section(section: Section) -> ClaimKind | None:
    """Kind that sentences of a section state by its heading; None where it is not about limits."""
    return _KINDS.get(section.kind)
