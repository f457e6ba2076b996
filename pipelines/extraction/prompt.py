"""Builds the question to a language model about a text: the text as quoted material, and the form of the answer."""

import hashlib
from typing import Any, Final, NamedTuple

from pipelines.extraction.answer import SourceText
from pipelines.markdown.front_matter import read_front_matter
from pipelines.rules.extraction import ExtractionRules, extraction_rules

FENCE_CHARS: Final = 32


class Question(NamedTuple):
    """The two messages to a language model, and the JSON Schema of its answer."""

    system: str
    user: str
    schema: dict[str, Any]
    answer_tokens: int
    """Most tokens of an answer."""


def question_of(text: SourceText) -> Question:
    """Build the question about a text; the same text always gives the same one."""
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
    """The part of the text that is sent: what follows the front matter, up to `longest_bytes`."""
    stored = text.encode()
    start = read_front_matter(stored).body_offset
    return stored[start : start + longest_bytes].decode(errors="ignore").strip()


def _fence(part: str, rules: ExtractionRules) -> str:
    """A line that the text cannot contain, even on purpose: it is made from the text's own digest."""
    digest = hashlib.sha256(f"{rules.sha256}\0{part}".encode())
    while (fence := f"<<<{digest.hexdigest()[:FENCE_CHARS]}>>>") in part:
        digest.update(b"\0")
    return fence


def _filled(template: str, *, fence: str, text: str) -> str:
    """Fill a template; placeholders that the text itself contains are not filled."""
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
