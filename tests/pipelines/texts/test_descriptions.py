import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.markdown.sentences import LONGEST_SENTENCE_CHARS
from pipelines.rules.descriptions import DescriptionRules, description_rules
from pipelines.rules.rulebook import rulebook, stated_limits
from pipelines.rules.tables import table_text
from pipelines.texts.descriptions import description_facts, read_description
from pipelines.texts.prefilter import RuleIndex
from tests.support.recordings import openrouter_models, recorded_days


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Heron is not suitable for production use.", [("out_of_scope", "out-of-scope-use")]),
        ("It is intended for research purposes only.", [("out_of_scope", "out-of-scope-use")]),
        ("Heron may hallucinate facts.", [("limitation", "confabulation")]),
        ("Heron is an experimental model for poems.", [("limitation", "preview-release")]),
        ("**Note:** Heron is in beta, and free.", [("limitation", "preview-release")]),
        ("This model is deprecated.", [("limitation", "deprecated-model")]),
        ("Heron 1 is no longer maintained.", [("limitation", "deprecated-model")]),
        ("It will be removed on 1 May.", [("limitation", "deprecated-model")]),
        ("It does not support function calling yet will impress you.", [("limitation", "tools-denied")]),
        ("Tool use is not yet supported.", [("limitation", "tools-denied")]),
        ("Requests are heavily rate-limited.", [("limitation", "rate-limited")]),
        ("All prompts are logged by the provider.", [("risk", "prompts-retained")]),
        ("It does not support image inputs.", [("limitation", None)]),
        ("Reasoning cannot be disabled.", [("limitation", "reasoning-mandatory")]),
        ("Heron is uncensored.", [("limitation", "uncensored")]),
        ("It is English-only. It is English-only.", [("limitation", "language-limited")]),
        ("It supports function calling.", [("capability", "tool calling")]),
        (
            "It supports parallel tool calling and structured outputs, though it does not support images.",
            [("capability", "parallel tool calling"), ("capability", "tool calling"),
             ("capability", "structured output"), ("limitation", None)],
        ),
        ("It accepts text and images.", [("capability", "image understanding")]),
    ],
)  # fmt: skip
def test_what_is_stated_plainly(description: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(claim.kind, claim.name) for claim in read_description(description)] == expected


@pytest.mark.parametrize(
    "description",
    [
        "Unlike Kestrel, it supports function calling.",
        "Compared with Kestrel, it may hallucinate less.",
        "It outperforms models that support function calling.",
        "Better than any preview: this is an experimental model no more.",
        "It does not hallucinate.",
        "Does it support function calling?",
        "It will soon support image inputs.",
        "Other models are not suitable for production use.",
        "Its predecessor was deprecated.",
        "A state-of-the-art model with unmatched tool use performance.",
        "It is designed for reasoning and tool use.",
        "It supports a mode designed for tool use.",
        "It routes to models that support function calling.",
        "Heron Preview is fast.",
        "If the provider supports structured outputs, use them.",
        "Limited edition!",
        "",
    ],
)
def test_comparison_negation_question_promise_and_advertising_state_nothing(description: str) -> None:
    assert [claim for claim in read_description(description) if claim.name] == []


@pytest.mark.parametrize(
    "description",
    [
        "Prompts are not logged.",
        "Prompts and completions are never stored or used for training.",
        "Neither prompts nor completions are logged.",
        "None of your prompts are stored.",
        "Outputs are never used to train models.",
        "Data is collected from the web.",
        "Sonnet 3.5 has been deprecated in favor of this model.",
        "GPT-4 is deprecated.",
        "GPT-4 is no longer available.",
        "The v1 model is deprecated.",
        "The old checkpoint is deprecated; this one replaces it.",
        "This model is not deprecated.",
        "The `functions` parameter is deprecated and replaced.",
        "The `functions` parameter still works, but it is deprecated.",
        "Image inputs are no longer supported.",
        "It may be removed or redirected to another model.",
        "No alignment data was leaked.",
        "No guardrails were removed.",
        "It was tuned without compromising safety alignment.",
        "It is not without safety filters.",
        "It is not an uncensored model.",
        "Requests are not rate-limited.",
        "No rate limits apply.",
        "It may never produce incorrect answers.",
        "It is no longer in beta.",
        "This is not an experimental model.",
        "It is not for research purposes only.",
        "It never struggles with long inputs.",
        "It not only supports English but also French.",
        "It does not have a thinking-only mode.",
        "The model flags text that may contain harmful content.",
        "llama.cpp does not support function calling yet.",
        "Support for image input was dropped.",
        "It drops support for function calling.",
        "It supports researchers studying tool use.",
        "It supports developers building tool use.",
    ],
)
def test_a_denial_and_what_is_stated_of_something_else_state_nothing(description: str) -> None:
    assert read_description(description) == ()


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Prompts are logged, never sold.", ["prompts-retained"]),
        ("This model is deprecated, so do not use it.", ["deprecated-model"]),
        ("[DEPRECATED] Use Heron 2.", ["deprecated-model"]),
        ("Heron is fast, but it is deprecated.", ["deprecated-model"]),
        ("It is not always right and may hallucinate.", ["confabulation"]),
        ("It has no guardrails.", ["no-safeguards"]),
        ("It not only supports tool calling: it is free.", ["tool calling"]),
        (
            "The maker notes that it is not suited for production use-cases as it may be removed or redirected.",
            ["out-of-scope-use"],
        ),
        (
            "It does not support tool use, may hallucinate and is not suitable for production.",
            ["out-of-scope-use", "confabulation", "tools-denied"],
        ),
    ],
)
def test_a_clause_states_every_limit_that_it_does_not_deny(description: str, expected: list[str]) -> None:
    assert [claim.name for claim in read_description(description)] == expected


def test_quotes_are_whole_sentences_at_their_place() -> None:
    description = "Ünlike other birds? No. See [Heron](/x). It is **no longer maintained**. Bye."
    (claim,) = read_description(description)
    assert claim.quote == description[claim.start : claim.end] == "It is **no longer maintained**."


def test_every_name_is_in_a_catalogue() -> None:
    rules = description_rules()
    assert {rule.mode for rule in rules.limits} <= {"", *stated_limits()}
    assert {rule.name for rule in rules.abilities} <= {rule.name for rule in rulebook().capabilities.capability}


@pytest.mark.parametrize(("rows", "field"), [("limit", "mode"), ("capability", "name")])
def test_a_row_of_what_no_catalogue_has_is_refused(rows: str, field: str) -> None:
    table = tomllib.loads(table_text("descriptions.toml"))
    table[rows][0][field] = "bad-weather"
    with pytest.raises(ValidationError, match="bad-weather"):
        DescriptionRules.model_validate(table, strict=False)


@given(st.text(max_size=300))
def test_any_text_can_be_mined(description: str) -> None:
    assert all(description[claim.start : claim.end] == claim.quote for claim in read_description(description))


@pytest.mark.parametrize(
    ("description", "stated"),
    [
        ("It may hallucinate. It is deprecated...", ["confabulation"]),
        ("It may hallucinate. It is deprecated…", ["confabulation"]),
        ("It may hallucinate. It is deprecated… ", ["confabulation"]),
        ("It may hallucinate. It is deprecated.", ["confabulation", "deprecated-model"]),
        ("It may hallucinate... It is deprecated.", ["confabulation", "deprecated-model"]),
    ],
)
def test_the_sentence_in_which_a_description_is_cut_off_counts_for_nothing(description: str, stated: list[str]) -> None:
    assert [claim.name for claim in read_description(description)] == stated


def test_a_text_without_full_stops_is_no_sentence() -> None:
    assert read_description("heron " * LONGEST_SENTENCE_CHARS + "may hallucinate.") == ()


def test_facts_are_named_by_the_mode_the_ability_or_the_place() -> None:
    description = "It **may** hallucinate. It supports tool calling. It does not support images."
    assert [(fact.name, fact.value, fact.as_stated) for fact in description_facts(description, "/description")] == [
        ("limit:confabulation", "It **may** hallucinate.", "It **may** hallucinate."),
        ("described:tool calling", True, "It supports tool calling."),
        ("limit:plain-50", "It does not support images.", "It does not support images."),
    ]
    assert {(fact.locator, fact.method) for fact in description_facts(description, "/description")} == {
        ("/description", "pattern")
    }


def test_a_sentence_with_characters_that_may_not_be_in_a_passport_states_nothing() -> None:
    assert description_facts("It may \u202ehallucinate. Heron is uncensored.", "/description")[0].name == (
        "limit:uncensored"
    )


@pytest.mark.recordings
def test_recorded_descriptions_state_what_they_do_without_the_prefilter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {record.get("description") or "" for day in recorded_days()[::3] for record in openrouter_models(day)}
    looked_at = {text: read_description(text) for text in texts}
    for module in ("descriptions", "prefilter"):
        monkeypatch.setattr(f"pipelines.texts.{module}.may_match", lambda *_: True)
    monkeypatch.setattr(RuleIndex, "possible", lambda index, _: [*index._rules])
    assert {text: read_description(text) for text in texts} == looked_at
    assert sum(map(len, looked_at.values())) > 10
