"""The closed vocabulary of purposes."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from pipelines.enrich.catalogue import capability_uri
from pipelines.enrich.purposes import purpose_uri
from pipelines.rules.purposes import PurposeRules, purpose_rules
from pipelines.rules.rulebook import rulebook
from schemas.passport.artifact import CapabilityCategory

PURPOSES = purpose_rules().purposes


def test_an_address_that_was_published_stays_and_a_new_one_is_written_down() -> None:
    written = (Path(__file__).parent / "purpose_uris.txt").read_text().split()
    assert {purpose_uri(rule) for rule in PURPOSES} == {*written}


def test_every_category_of_the_format_has_a_purpose() -> None:
    assert {rule.category for rule in PURPOSES} == set(get_args(CapabilityCategory))


def test_every_intent_is_a_task_in_a_few_words_and_no_capability_or_purpose_repeats_one() -> None:
    rules = [*{rule.name: rule for rule in rulebook().capabilities.capability}.values(), *PURPOSES]
    for rule in rules:
        assert 3 <= len(rule.intents) == len(set(rule.intents)) <= 6, rule.name
        assert all(2 <= len(intent.split()) <= 13 and intent[0].islower() for intent in rule.intents), rule.name


def test_purposes_and_capabilities_share_no_address() -> None:
    abilities = {capability_uri(rule.categories[0], rule.name) for rule in rulebook().capabilities.capability}
    assert abilities.isdisjoint(map(purpose_uri, PURPOSES))


def test_what_a_rule_needs_is_the_beginning_of_some_word_of_its_name_or_intents_or_patterns() -> None:
    for rule in PURPOSES:
        assert all(re.fullmatch(r"[a-z0-9]+", need) for need in rule.needs), rule.id


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"id": "coding"}, "coding"), ({"use_cases": ("programming",)}, "programming"),
        ({"intents": ("one", "two")}, "intents"), ({"category": "chat"}, "category"), ({"unknown": ""}, "unknown"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_and_named(change: dict[str, object], named: str) -> None:
    coding, *others = PURPOSES
    rows = [{**rule.model_dump(by_alias=True), "words": [rule.pattern.pattern]} for rule in (coding, others[0])]
    rows[1] |= change
    table = {**purpose_rules().model_dump(by_alias=True), "purpose": rows}
    with pytest.raises(ValidationError, match=named):
        PurposeRules.model_validate(table, strict=False)
