"""Judges what a language model proposes about a text: only whole sentences of that text are accepted, word for word.

Whatever the text instructs the model to do, and whatever the model answers, nothing can come of it but sentences that
the text contains, each under a claim of our own list.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pydantic import ValidationError

from pipelines.errors import PipelineError
from pipelines.formats.json_pointer import resolve
from pipelines.formats.record_reader import FieldError, parse_record
from pipelines.formats.text import clean
from pipelines.markdown.front_matter import read_front_matter
from pipelines.markdown.inline import plain_text
from pipelines.markdown.sentences import read_body
from pipelines.rules.cards import card_rules
from pipelines.rules.extraction import ExtractionRules, extraction_rules
from pipelines.texts.descriptions import TRUNCATION_MARKS
from schemas.base import Frozen
from schemas.listing import RawListing


def record_id(source: str, listing_id: str) -> str:
    """Return the id of the record that stores what a language model proposed about the text of another record."""
    return f"{source}:{listing_id}"


MOST_PLACES: Final = 20
"""Most occurrences of the same words in a text that are tried."""


class ModelAnswerError(PipelineError):
    """A language model's answer has not the form that was asked for; the message continues "the answer …"."""


class Proposed(Frozen):
    """One sentence that the model quotes, and the claim that it finds in it."""

    claim: str
    quote: str


class ModelAnswer(Frozen):
    """The answer that the model is asked for."""

    proposals: tuple[Proposed, ...]


class SourceText(NamedTuple):
    """A text that a language model is asked about, and the record that holds it."""

    source: str
    id: str
    field: str
    url: str
    text: str

    @property
    def sha256(self) -> str:
        """Digest of the text alone, which can be unchanged while the rest of its record changes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def record_id(self) -> str:
        """Id of the record that stores what a language model proposed about this text."""
        return record_id(self.source, self.id)


class Proposal(NamedTuple):
    """An accepted claim and its quote; the order of the fields is that in which a record lists them."""

    claim: str
    end: int
    """The byte of the text after the quote's last."""
    quote: str
    start: int
    """The quote's first byte."""


class AcceptedProposals(NamedTuple):
    """The accepted proposals of an answer, in the text's order, and reason → number of those that were dropped."""

    proposals: tuple[Proposal, ...]
    dropped: dict[str, int]


class _NumberedSentence(NamedTuple):
    start: int
    end: int
    passage: tuple[int, int]


def text_of(raw: RawListing, kind: str) -> SourceText | None:
    """The text of a record to ask about, None where it has none; `kind` is the kind of the record's listing."""
    rule = extraction_rules().text_of(raw.source)
    if rule is None or rule.kind != kind:
        return None
    try:
        found = resolve(parse_record(raw.body), rule.field) if rule.field else raw.body
        return SourceText(raw.source, raw.id, rule.field, raw.url, found) if _is_text(found) else None
    except (FieldError, UnicodeEncodeError):
        return None


def states_something(text: SourceText) -> bool:
    """Whether a text has any sentence to ask about."""
    return next(_sentences(text.text.encode()), None) is not None


def accepted_proposals(answer: str, text: SourceText) -> AcceptedProposals:
    """Judge a model's answer about a text; raise ModelAnswerError where it has not the form that was asked for."""
    proposed, rules = _read(answer), extraction_rules()
    stored = text.text.encode()
    sentences = list(_sentences(stored))
    accepted: dict[tuple[str, int], Proposal] = {}
    dropped: Counter[str] = Counter()
    for one in proposed:
        found = _judge(one, text.text, stored, sentences, rules)
        if isinstance(found, str):
            dropped[found] += 1
        elif (found.claim, found.start) in accepted:
            dropped["repeated"] += 1
        elif len(accepted) == rules.bounds.most_proposals:
            dropped["too many"] += 1
        else:
            accepted[found.claim, found.start] = found
    ordered = sorted(accepted.values(), key=lambda proposal: (proposal.start, proposal.claim))
    return AcceptedProposals(tuple(ordered), dict(sorted(dropped.items())))


def invalid_proposals(proposals: Iterable[Proposal], text: SourceText) -> Iterator[int]:
    """Positions of the proposals that would not be accepted of this text exactly as they were recorded."""
    stored, rules = text.text.encode(), extraction_rules()
    sentences = list(_sentences(stored))
    for place, one in enumerate(proposals):
        if _judge(Proposed(claim=one.claim, quote=one.quote), text.text, stored, sentences, rules) != one:
            yield place


def _is_text(found: object) -> bool:
    return isinstance(found, str) and len(found.encode().strip()) >= extraction_rules().bounds.shortest_quote_chars


def _read(answer: str) -> tuple[Proposed, ...]:
    longest = extraction_rules().bounds.longest_answer_chars
    if len(answer) > longest:
        raise ModelAnswerError(f"has {len(answer)} characters, more than {longest}")
    try:
        return ModelAnswer.model_validate_json(answer, strict=False).proposals
    except ValidationError as error:
        raise ModelAnswerError(f"is not of the schema: {error.errors(include_input=False)[0]['msg']}") from None


def _judge(
    one: Proposed, text: str, stored: bytes, sentences: list[_NumberedSentence], rules: ExtractionRules
) -> Proposal | str:
    """The proposal as it is in the text, or the reason why it is dropped."""
    if one.claim not in rules.claim_ids():
        return "unknown claim"
    if unfit := _unfit(one.quote, rules):
        return unfit
    found = [_whole(stored, span, sentences) for span in _places(one.quote, text)]
    span = next((span for span in found if span), None)
    if span is None:
        return "part of a sentence" if found else "not in the text"
    quote = stored[slice(*span)].decode()
    if unfit := _unfit(quote, rules):
        return unfit
    if not stored[span[1] :].strip() and quote.endswith(TRUNCATION_MARKS):
        return "cut off"
    return "denied" if _is_denied(quote) else Proposal(one.claim, span[1], quote, span[0])


def _unfit(quote: str, rules: ExtractionRules) -> str | None:
    """The reason why words cannot be a quote, whatever the text; None where they can."""
    if len(quote) < rules.bounds.shortest_quote_chars:
        return "too short"
    if len(quote) > rules.bounds.longest_quote_chars:
        return "too long"
    return "disguised" if clean(quote) != quote else None


def _places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Byte ranges of the same words in the text; line breaks and other white space make no difference."""
    pattern = re.compile(r"\s+".join(re.escape(word) for word in quote.split()) or r"(?!)")
    for found, _ in zip(pattern.finditer(text), range(MOST_PLACES), strict=False):
        start = len(text[: found.start()].encode())
        yield start, start + len(found[0].encode())


def _whole(stored: bytes, span: tuple[int, int], sentences: list[_NumberedSentence]) -> tuple[int, int] | None:
    """Widen a span, by punctuation alone, to whole sentences of one passage; None where it leaves out a word of one."""
    touched = [one for one in sentences if one.start < span[1] and span[0] < one.end]
    if not touched or len({one.passage for one in touched}) > 1:
        return None
    start, end = touched[0].start, touched[-1].end
    left_out = (stored[start : span[0]] + stored[span[1] : end]).decode()
    return None if any(char.isalnum() for char in left_out) else (start, end)


def _sentences(stored: bytes) -> Iterator[_NumberedSentence]:
    """The sentences of a text in Markdown, without front matter, headings, code, tables, comments and boilerplate."""
    for number, part in enumerate(read_body(stored, read_front_matter(stored).body_offset)):
        for sentence in part.sentences:
            yield _NumberedSentence(sentence.start, sentence.end, (number, sentence.passage))


def _is_denied(quote: str) -> bool:
    """Whether a sentence denies a limit ("does not hallucinate")."""
    cues, words = card_rules().cues, plain_text(quote)
    return cues.denial.search(cues.double_negation.sub(" ", cues.concession.sub(" ", words))) is not None
