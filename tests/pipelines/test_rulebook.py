import re
import tomllib
from itertools import chain
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from pipelines.conditions import Condition, compiled
from pipelines.enrich import capability_uri
from pipelines.rulebook import TABLES, CapabilityRule, FailureMode, Rulebook, rule_at, rulebook, table_text
from pipelines.vocabulary import VOCABULARY
from pipelines.wording import PLACE
from schemas.artifact import ArtifactType, CapabilityCategory
from schemas.listing import Fact
from schemas.trust import Risk
from tests.pipelines.listings import endpoints, listing

BOOK = rulebook()
ABILITIES = BOOK.capabilities.capability
MODES = BOOK.failure_modes.failure_mode
ROWS: tuple[Condition, ...] = (*ABILITIES, *MODES, *BOOK.issuing.type, *BOOK.issuing.category, *BOOK.issuing.risk)

TAXONOMY = re.compile(
    r"NIST\.AI\.600-1:2\.([1-9]|1[0-2])|OWASP\.LLM(0[1-9]|10):2025|MITRE\.ATLAS:AML\.T\d{4}(\.\d{3})?"
)
MARKETING = re.compile(
    r"\b(powerful|best-in-class|state-of-the-art|cutting-edge|seamless|robust|leverag\w+|unleash\w*|revolutionary|"
    r"advanced|superior|world-class|enterprise-grade|amazing|exceptional|unparalleled|innovative|next-generation)\b",
    re.IGNORECASE,
)
CALENDAR = {"ending", "past_end"}

FULL = listing(
    reasoning={"mandatory": True, "supported_efforts": ["high"]},
    description="cut off...",
    knowledge_cutoff="2025-06-30",
    expiration_date="2026-09-01",
    per_request_limits={"prompt_tokens": 10, "completion_tokens": 10},
    supported_voices=["alto"],
    **{
        "pricing.overrides": [
            {"min_prompt_tokens": 1, "prompt": "1e-7"},
            {"utc_start": 1, "utc_end": 2, "prompt": "1e-7"},
        ]
    },
)
SILENT = listing(**{"top_provider.max_completion_tokens": None})
ROUTER = listing(pricing={"prompt": "-1", "completion": "-1"})
SERVED = endpoints({}, {"quantization": "bf16"}, {"quantization": "unknown"})


def names_of_facts() -> set[str]:
    """Every fact that the readers can state."""
    read: list[Fact] = [fact for one in (FULL, SILENT, ROUTER, SERVED) for fact in one.facts]
    return VOCABULARY | {fact.name for fact in read} | {"offer:free", "offer:batch", "offer:standard"} | CALENDAR


def sentences() -> list[str]:
    of_abilities = chain.from_iterable(
        (rule.description, *rule.intents, *rule.best_for, *rule.requires) for rule in ABILITIES
    )
    return [*of_abilities, *(text for mode in MODES for text in (mode.text, mode.shows, mode.remedy))]


def test_the_rules_ask_only_for_facts_that_the_readers_can_state() -> None:
    asked = {name for row in ROWS for name in (*compiled(row).all, *row.any, *row.none, *row.cite)}
    assert asked <= names_of_facts()


def test_the_vocabulary_is_wholly_mapped_or_listed_with_a_reason() -> None:
    asked = {name for rule in ABILITIES for name in (*rule.all, *rule.any, *rule.at_least)}
    told = BOOK.capabilities.not_a_capability
    assert asked | told.keys() >= VOCABULARY
    assert told.keys() <= VOCABULARY
    assert not asked & told.keys()
    assert all(len(reason) > 5 for reason in told.values())


@pytest.mark.parametrize("rule", [*ABILITIES, *MODES], ids=lambda rule: getattr(rule, "name", "") or rule.id)
def test_every_place_of_a_sentence_is_a_fact_that_its_condition_requires(rule: CapabilityRule | FailureMode) -> None:
    text = rule.description if isinstance(rule, CapabilityRule) else rule.text
    assert set(PLACE.findall(text)) <= compiled(rule).all
    assert text.count("{") == text.count("}") == len(PLACE.findall(text))


@pytest.mark.parametrize("rule", [*ABILITIES, *MODES], ids=lambda rule: getattr(rule, "name", "") or rule.id)
def test_what_a_source_states_is_shown_by_at_least_one_fact(rule: CapabilityRule | FailureMode) -> None:
    always_there = set(compiled(rule).all) | ({*rule.any} if rule.any else set())
    assert (always_there - CALENDAR) & set(compiled(rule).cite) or rule.cite
    if isinstance(rule, FailureMode) and rule.cite:
        assert not rule.stated or set(rule.cite) <= {"parameters", *rule.all}


def test_no_two_capabilities_share_a_name_or_an_address() -> None:
    addresses = [capability_uri(rule.categories[0], rule.name) for rule in ABILITIES]
    assert len(set(addresses)) == len(ABILITIES) == len({rule.name for rule in ABILITIES})
    assert all(re.fullmatch(r"capability://[a-z0-9]+(\.[a-z0-9]+)*", address) for address in addresses)


def test_no_two_failure_modes_share_an_id_or_a_text() -> None:
    assert len({mode.id for mode in MODES}) == len({mode.text for mode in MODES}) == len(MODES)


def test_categories_types_and_risks_are_those_of_the_format() -> None:
    assert {category for rule in ABILITIES for category in rule.categories} <= set(get_args(CapabilityCategory))
    assert {row.value for row in BOOK.issuing.type} <= set(get_args(ArtifactType))
    assert {row.value for row in BOOK.issuing.risk} <= set(get_args(Risk))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
def test_every_failure_mode_falls_under_known_terms_one_of_them_nist(mode: FailureMode) -> None:
    assert all(TAXONOMY.fullmatch(term) for term in mode.taxonomy)
    assert any(term.startswith("NIST.AI.600-1:") for term in mode.taxonomy)


@pytest.mark.parametrize("text", sentences())
def test_sentences_are_short_plain_and_no_advertisement(text: str) -> None:
    assert 3 <= len(text) <= 160
    assert not MARKETING.search(text)
    assert text == text.strip()


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
def test_failure_modes_start_in_lower_case_or_with_a_value_and_end_without_a_stop(mode: FailureMode) -> None:
    for text in (mode.text, mode.shows, mode.remedy):
        assert text[0].islower() or text[0] == "{" or text.startswith("JSON")
        assert not text.endswith(".")


def test_class_modes_are_named_by_a_capability_unless_they_are_of_any_model() -> None:
    named = {limit for rule in ABILITIES for limit in rule.limits}
    generic = {mode.id for mode in MODES if not mode.stated} - named
    assert generic == {"free-offer-limited"}


def test_a_class_mode_holds_wherever_the_capability_that_names_it_does_not_deny_it() -> None:
    modes = {mode.id: mode for mode in MODES}
    for rule in ABILITIES:
        for limit in rule.limits:
            wanted, given = compiled(modes[limit]), compiled(rule)
            assert wanted.all & given.all or wanted.any & (given.any | given.all) or not wanted.all


def test_evidence_of_a_class_leads_to_its_rule() -> None:
    assert rule_at("/failure_modes/confabulation") in MODES
    assert rule_at("/risk/intermediary") in BOOK.issuing.risk
    assert rule_at("/failure_modes/announced-end") is None
    assert rule_at("/failure_modes/none") is None


def changed(table: str, change: dict[str, Any]) -> dict[str, Any]:
    tables = {name.removesuffix(".toml"): tomllib.loads(table_text(name)) for name in TABLES}
    tables[table] = {**tables[table], **change}
    return {**tables, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("issuing", {"type": [{"value": "api", "all": ["routed_price"]}]}, "last row of type"),
        ("issuing", {"shelf": []}, "shelf"),
        ("capabilities", {"capability": [{**ABILITIES[0].model_dump(), "limits": ["announced-end"]}]}, "announced-end"),
        ("failure_modes", {"failure_mode": [{"id": "x"}]}, "stated"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(table: str, change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Rulebook.model_validate(changed(table, change), strict=False)


def test_the_digest_pins_the_tables() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", BOOK.sha256)
    assert rulebook() is BOOK
