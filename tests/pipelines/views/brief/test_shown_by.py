from typing import Any

import pytest

from pipelines.views.brief.shown_by import excerpt, shown_by

LIST = "https://openrouter.example/api/v1/models?output_modalities=all"


def entry(locator: str, source: str = "openrouter", method: str = "structured", **shown: Any) -> dict[str, Any]:
    return {"source": source, "locator": locator, "url": LIST, "method": method, **shown}


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (entry("/supported_parameters/3", value="tools"), "parameter: tools (OpenRouter)"),
        (entry("/endpoints/0/context_length", "openrouter-endpoints", value=262_144),
         "context length: 262,144 (OpenRouter's providers)"),
        (entry("/reasoning/mandatory", value=True), "mandatory: yes (OpenRouter)"),
        (entry("/description", method="pattern", quote="Made\n for code."), 'description: "Made for code."'),
        (entry("bytes:10-20", "huggingface-card", "section", quote="Made for code."), 'its card: "Made for code."'),
        (entry("/failure_modes/x", "rules", "class", quote="a rule"), "true of its kind"),
        (entry("/answered/a~1b", "openrouter-facets", value="a/b") | {"url": LIST + "&category=science"},
         "OpenRouter lists it under science"),
        (entry("/tags/0", "heron", value="code"), "tags: code (heron)"),
    ],
)  # fmt: skip
def test_what_shows_a_statement_is_one_line(one: dict[str, Any], line: str) -> None:
    assert shown_by([one], "code generation") == line


def test_words_come_before_values_and_text_comes_last() -> None:
    text, image = (entry("/architecture/output_modalities/0", value=value) for value in ("text", "image"))
    context, words = entry("/context_length", value=8192), entry("/description", method="pattern", quote="It draws.")
    assert shown_by([text, image, context, words], "") == 'description: "It draws."'
    assert shown_by([text, image, context], "") == "context length: 8,192 (OpenRouter)"
    assert shown_by([text, image], "") == "output: image (OpenRouter)"
    assert shown_by([text], "") == "output: text (OpenRouter)"


def test_without_evidence_it_says_so() -> None:
    assert shown_by([], "tool calling") == "no evidence"


def test_a_quote_begins_where_it_speaks_of_the_name() -> None:
    quote = "Heron Coder is a model of the lab, designed for advanced code generation and agentic tool use."
    assert excerpt(quote, "agentic tool use") == '"…and agentic tool use."'
    assert excerpt(quote, "code generation") == '"…advanced code generation and agentic tool use."'
    assert excerpt(quote, "translation") == f'"{quote}"'
