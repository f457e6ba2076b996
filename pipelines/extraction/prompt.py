"""What a language model is asked about a text: the text as quoted material, and the shape of the answer."""

import hashlib
from typing import Any, Final, NamedTuple

from pipelines.extraction.answer import SourceText
from pipelines.markdown.front_matter import read_front_matter
from pipelines.rules.extraction import ExtractionRules, extraction_rules

FENCE_CHARS: Final = 32


class Question(NamedTuple):
    """Two messages, and the JSON Schema of the answer."""

    system: str
    user: str
    schema: dict[str, Any]
    answer_tokens: int
    """The longest answer that is taken."""


def question_of(text: SourceText) -> Question:
    """Ask about a text; the same text gives the same question."""
    rules = extraction_rules()
    claims = "\n".join(f"- {claim.id}: {claim.meaning}" for claim in rules.claims)
    part = _part(text.text, rules.bounds.longest_text_bytes)
    return Question(
        system=rules.system.strip().replace("{claims}", claims),
        user=_filled(rules.user.strip(), fence=_fence(part, rules), text=part),
        schema=_schema(rules),
        answer_tokens=rules.bounds.answer_tokens,
    )


def _part(text: str, longest_bytes: int) -> str:
    """The text after its front matter, as much as is sent of it."""
    stored = text.encode()
    start = read_front_matter(stored).body_offset
    return stored[start : start + longest_bytes].decode(errors="ignore").strip()


def _fence(part: str, rules: ExtractionRules) -> str:
    """A line that the text does not hold: it is made from the text's own digest, which no text can hold on purpose."""
    digest = hashlib.sha256(f"{rules.sha256}\0{part}".encode())
    while (fence := f"<<<{digest.hexdigest()[:FENCE_CHARS]}>>>") in part:
        digest.update(b"\0")
    return fence


def _filled(template: str, *, fence: str, text: str) -> str:
    """Fill a template; what stands in the text is never taken for a place to fill."""
    before, _, after = template.replace("{fence}", fence).partition("{text}")
    return f"{before}{text}{after}"


def _schema(rules: ExtractionRules) -> dict[str, Any]:
    proposal = {
        "type": "object",
        "properties": {"claim": {"type": "string", "enum": list(rules.claim_ids())}, "quote": {"type": "string"}},
        "required": ["claim", "quote"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"proposals": {"type": "array", "items": proposal}},
        "required": ["proposals"],
        "additionalProperties": False,
    }
