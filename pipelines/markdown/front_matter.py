"""Reads what a model card's front matter declares, in spite of common faults, which it names."""

import re
from typing import Final

from pydantic import Field

from pipelines.markdown.model_index import IndexResult, read_results
from pipelines.markdown.plain_yaml import read_plain_yaml
from pipelines.markdown.strict_yaml import Lines, StrictYamlError, YamlDocument, YamlValue, read_yaml
from pipelines.markdown.text import BYTE_ORDER_MARK, MarkdownText, no_card, read_text
from schemas.base import Frozen

_FENCE: Final = re.compile(r"-{3}[ \t]*")
_GATE_PREFIX: Final = "extra_gated_"
_TABS: Final = re.compile(r"(?m)^( *)\t[ \t]*")


LICENCE_KEYS: Final = ("license", "licence", "liscence", "licenses", "licences")
"""Keys under which authors give the licence; the Hub reads the first."""


class FrontMatter(Frozen):
    """Declared fields, in the words of the card; empty where the card declares nothing."""

    licence: str | None = None
    """Licence id: "apache-2.0"; the first of several."""
    licence_key: str = "license"
    """The key that has it."""
    licence_name: str | None = None
    """Name of the licence where its id is "other"."""
    licence_link: str | None = None
    languages: tuple[str, ...] = ()
    pipeline_tag: str | None = None
    """Task id: "text-generation"."""
    library: str | None = None
    tags: tuple[str, ...] = ()
    base_models: tuple[str, ...] = ()
    base_model_relation: str | None = None
    """What this model is of its base models: "finetune", "adapter", "quantized", "merge"."""
    datasets: tuple[str, ...] = ()
    gate_fields: tuple[str, ...] = ()
    """Keys that set terms on access ("extra_gated_prompt"): the model is, or was, given only to those who accept."""
    results: tuple[IndexResult, ...] = ()
    """Benchmark results of `model-index`."""
    body_offset: int = 0
    """First byte of the card's text."""
    spans: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """JSON Pointer of a key ("/license") or a result → its lines in the card: first byte and the one after the last."""
    faults: tuple[str, ...] = ()
    """What is wrong with the front matter, in sentences."""


def read_front_matter(card: bytes) -> FrontMatter:
    """Return a card's front matter; any bytes can be read, and what cannot be understood is named in `faults`."""
    if reason := no_card(card):
        return FrontMatter(faults=(reason,))
    text = read_text(card)
    faults: list[str] = []
    block = _block(text, faults)
    if block is None:
        return FrontMatter(body_offset=_mark_bytes(text), faults=tuple(faults))
    yaml, first_line, body_offset = block
    document = _parsed(yaml, faults)
    if document.value is not None and not isinstance(document.value, dict):
        return FrontMatter(body_offset=_mark_bytes(text), faults=(*faults, "the front matter is not a mapping"))
    spans = {at: _span(text, first_line, lines) for at, lines in document.lines.items()}
    return _declared(document.value or {}, body_offset, faults, spans)


def _span(text: MarkdownText, first_line: int, lines: Lines) -> tuple[int, int]:
    """First byte of some lines of the block, and the one after their last, without the white space around them."""
    start, end = (text.line_place(first_line + line) for line in lines)
    words = text.text[start:end]
    start += len(words) - len(words.lstrip())
    return text.byte_at(start), text.byte_at(start + len(words.strip()))


def _mark_bytes(text: MarkdownText) -> int:
    return text.byte_at(1) if text.text.startswith(BYTE_ORDER_MARK) else 0


def _block(text: MarkdownText, faults: list[str]) -> tuple[str, int, int] | None:
    """Return the lines between the fences, the first one's number in the card, and the first byte after the fence.

    A byte order mark and blank lines may precede the first fence.
    """
    lines = text.lines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None or not _FENCE.fullmatch(lines[first]):
        return None
    for last in range(first + 1, len(lines)):
        if _FENCE.fullmatch(lines[last]):
            yaml = "\n".join(lines[first + 1 : last])
            return yaml, first + 1, text.byte_at(text.line_place(last + 1))
    faults.append("the front matter is not closed")
    return None


def _parsed(block: str, faults: list[str]) -> YamlDocument:
    """Return the block as YAML; where tabs indent it, which YAML forbids, they are read as spaces."""
    if _TABS.search(block):
        faults.append("tabs indent it")
        block = _TABS.sub(lambda indent: indent[1] + "  " * indent[0].count("\t"), block)
    try:
        document = read_plain_yaml(block) or read_yaml(block)
    except StrictYamlError as error:
        faults.append(f"the front matter {error}")
        return YamlDocument(None, (), {})
    faults.extend(document.faults)
    return document


def _declared(
    fields: dict[str, YamlValue], body_offset: int, faults: list[str], spans: dict[str, tuple[int, int]]
) -> FrontMatter:
    key = next((key for key in LICENCE_KEYS if fields.get(key) is not None), LICENCE_KEYS[0])
    licences = _texts(fields, key, faults)
    results, skipped = read_results(fields.get("model-index"))
    return FrontMatter(
        licence=licences[0] if licences else None,
        licence_key=key,
        licence_name=_text(fields, "license_name", faults),
        licence_link=_text(fields, "license_link", faults),
        languages=_texts(fields, "language", faults) or _texts(fields, "languages", faults),
        pipeline_tag=_text(fields, "pipeline_tag", faults),
        library=_text(fields, "library_name", faults),
        tags=_texts(fields, "tags", faults),
        base_models=_texts(fields, "base_model", faults),
        base_model_relation=_text(fields, "base_model_relation", faults),
        datasets=_texts(fields, "datasets", faults),
        gate_fields=tuple(key for key in fields if key.startswith(_GATE_PREFIX)),
        results=results,
        body_offset=body_offset,
        spans=spans,
        faults=(*faults, *skipped),
    )


def _text(fields: dict[str, YamlValue], key: str, faults: list[str]) -> str | None:
    texts = _texts(fields, key, faults)
    return texts[0] if texts else None


def _texts(fields: dict[str, YamlValue], key: str, faults: list[str]) -> tuple[str, ...]:
    """Texts of a field that has one text, a list of texts or nothing; each text once, in the card's order."""
    value = fields.get(key)
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) for item in items):
        faults.append(f"{key} contains something other than text")
    texts = (item.strip() for item in items if isinstance(item, str))
    return tuple(dict.fromkeys(text for text in texts if text))
