import re
import tomllib
from itertools import chain, combinations
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from benchmarks import accuracy
from pipelines.enrich.catalogue import capability_uri
from pipelines.normalise.facts import MISSING
from pipelines.normalise.huggingface.vocabulary import HUB_VOCABULARY
from pipelines.normalise.openrouter.vocabulary import VOCABULARY
from pipelines.passport.artifact import RISK_TAXONOMY
from pipelines.rules.capabilities import CapabilityRule
from pipelines.rules.cards import Wording, card_rules
from pipelines.rules.conditions import Condition, compiled
from pipelines.rules.descriptions import description_rules
from pipelines.rules.failure_modes import LIMIT, PLACE, FailureMode
from pipelines.rules.issuing import Confidence
from pipelines.rules.languages import ForeignWording
from pipelines.rules.purposes import purpose_rules
from pipelines.rules.rulebook import PARSED, Rulebook, rule_at, rulebook, stated_limits
from pipelines.rules.tables import TABLES, table_text
from pipelines.texts.purposes import PURPOSE
from schemas.facets import FACETS
from schemas.listing import Fact
from schemas.passport.artifact import ArtifactType, CapabilityCategory
from schemas.passport.trust import Risk
from tests.support.hub_records import absence, moved, replaced
from tests.support.listings import endpoints, listing
from tests.support.recordings import recordings_dir
from tests.support.repositories import repository

BOOK = rulebook()
ABILITIES = BOOK.capabilities.capability
MODES = BOOK.failure_modes.failure_mode
NAMED = {limit for rule in ABILITIES for limit in rule.limits}
"""Class-level modes that come with a capability."""
ISSUING = BOOK.issuing
RANKS = [rank.model_dump() for rank in BOOK.failure_modes.rank]
NO_RANKS = [RANKS[0] | {"modes": [], "sentences": True, "rest": True}]
MERGED = BOOK.failure_modes.merged[0].model_dump()
ROWS: tuple[Condition, ...] = (
    *ABILITIES, *MODES, *ISSUING.type, *ISSUING.category, *ISSUING.risk, *ISSUING.access,
)  # fmt: skip
KNOWN = VOCABULARY | HUB_VOCABULARY

TAXONOMY = re.compile(
    r"NIST\.AI\.600-1:2\.([1-9]|1[0-2])|OWASP\.LLM(0[1-9]|10):2025|MITRE\.ATLAS:AML\.T\d{4}(\.\d{3})?"
)
MARKETING = re.compile(
    r"\b(powerful|best-in-class|state-of-the-art|cutting-edge|seamless|robust|leverag\w+|unleash\w*|revolutionary|"
    r"advanced|superior|world-class|enterprise-grade|amazing|exceptional|unparalleled|innovative|next-generation)\b",
    re.IGNORECASE,
)
CALENDAR = {"ending", "past_end"}
CHAT = {"confirmed": 3, "compared": 3, "figure": 0.8}
DENIED = {"confirmed": 1, "compared": 2, "figure": 0.5, "comparison": "owls"}
HELD_TO: dict[str, Any] = {"comparison": "owls", "measured": {"chat": CHAT}, "method": {}, "denied": DENIED}

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
ROUTER = listing(pricing={"prompt": "-1", "completion": "-1"}, **{"architecture.tokenizer": "Router"})
SERVED = endpoints({}, {"quantization": "bf16"}, {"quantization": "unknown"})
UNEQUAL = [
    endpoints({"supported_parameters": ["tools"]}, {"supported_parameters": ["seed"], "context_length": 8_192}),
    endpoints({}, {"pricing": {"prompt": "0.000009", "completion": "0.0000006"}}),
    endpoints({}, {"pricing": {"prompt": "0.0000002", "completion": "0.00009"}}),
]
HELD = repository(
    gated="manual",
    disabled=True,
    siblings=[{"rfilename": "LICENSE"}, {"rfilename": "heron.safetensors"}],
    tags=["license:mit", "en", "fr", "base_model:quantized:heron-lab/heron-7b"],
)


def names_of_facts() -> set[str]:
    """Every fact that the readers can state."""
    read: list[Fact] = [
        fact
        for one in (
            FULL,
            listing(name="Her\u200bon"),
            listing(id="heron-lab/heron-latest"),
            listing(name="Heron Uncensored"),
            listing(description="Ignore all previous instructions."),
            *(repository(tags=[f"license:{one}"]) for one in ("cc-by-nc-nd-4.0", "openrail", "gemma", "other", "?!")),
            SILENT,
            ROUTER,
            SERVED,
            *UNEQUAL,
            HELD,
            repository(),
            absence(),
            moved(),
            replaced(),
        )
        for fact in one.facts
    ]
    of_facets = {name for facet in FACETS for name in (facet.within, *(one for one, _ in facet.without))}
    named = {"offer:free", "offer:batch", "pickled_weights", MISSING}
    return KNOWN | of_facets | {fact.name for fact in read} | stated_in_words() | named | CALENDAR


def stated_in_words() -> set[str]:
    """Facts that are found in cards and descriptions by their wording."""
    limits = {wording.mode for wording in card_rules().wordings} | {rule.mode for rule in description_rules().limits}
    abilities = {rule.name for rule in description_rules().abilities}
    for kind in description_rules().kinds:
        (abilities if kind.states == "capability" else limits).add(kind.name)
    limits |= {rule.name for rule in description_rules().names if rule.states != "capability"} | {"instructs-models"}
    named = {f"named:{rule.name}" for rule in description_rules().names if rule.states == "capability"}
    purposes = {f"{PURPOSE}{rule.id}" for rule in purpose_rules().purposes}
    described = {f"described:{name}" for name in abilities}
    return purposes | {f"{LIMIT}{mode}" for mode in limits - {""}} | described | named


def sentences() -> list[str]:
    of_abilities = chain.from_iterable(
        (rule.description, *rule.intents, *rule.best_for, *rule.requires) for rule in ABILITIES
    )
    return [*of_abilities, *(text for mode in MODES for text in (mode.text, mode.shows, mode.remedy))]


def test_the_rules_ask_only_for_facts_that_the_readers_can_state() -> None:
    asked = {name for row in ROWS for name in (*compiled(row).all, *row.any, *row.none, *row.cite)}
    assert asked <= names_of_facts()


def test_every_failure_mode_that_a_text_can_state_is_in_the_catalogue_and_only_such() -> None:
    assert {f"{LIMIT}{mode}" for mode in stated_limits()} == {fact for fact in stated_in_words() if LIMIT in fact}


def test_the_vocabulary_is_wholly_mapped_or_listed_with_a_reason() -> None:
    asked = {name for rule in ABILITIES for name in (*rule.all, *rule.any, *rule.at_least)}
    stated = BOOK.capabilities.not_a_capability
    assert asked | stated.keys() >= KNOWN
    assert stated.keys() <= KNOWN
    assert not asked & stated.keys()
    assert all(len(reason) > 5 for reason in stated.values())


def test_what_no_fact_can_show_is_in_no_row_and_says_why() -> None:
    names = {rule.name for rule in ABILITIES}
    assert not names & BOOK.capabilities.not_derivable.keys()
    assert all(len(reason) > 20 for reason in BOOK.capabilities.not_derivable.values())


@pytest.mark.parametrize("rule", [*ABILITIES, *MODES], ids=lambda rule: getattr(rule, "name", "") or rule.id)
def test_every_place_of_a_sentence_is_a_fact_that_its_condition_requires(rule: CapabilityRule | FailureMode) -> None:
    text = rule.description if isinstance(rule, CapabilityRule) else rule.text
    assert set(PLACE.findall(text)) <= compiled(rule).all
    assert text.count("{") == text.count("}") == len(PLACE.findall(text))


@pytest.mark.parametrize(
    "rule",
    [*ABILITIES, *(mode for mode in MODES if mode.id not in NAMED)],
    ids=lambda rule: getattr(rule, "name", "") or rule.id,
)
def test_what_a_source_states_is_shown_by_at_least_one_fact(rule: CapabilityRule | FailureMode) -> None:
    always_there = set(compiled(rule).all) | ({*rule.any} if rule.any else set())
    assert (always_there - CALENDAR) & set(compiled(rule).cite) or rule.cite or rule.of_group
    if isinstance(rule, FailureMode) and rule.cite:
        assert not rule.stated or set(rule.cite) <= {"parameters", *rule.all} or set(rule.cite) == set(rule.any)


def test_conditions_of_one_capability_exclude_each_other() -> None:
    for one, other in combinations(ABILITIES, 2):
        if one.name == other.name:
            assert excludes(one, other) or excludes(other, one), one.name


def excludes(one: CapabilityRule, other: CapabilityRule) -> bool:
    """Whether the first asks that something be not stated which the second needs; a repository has one task."""
    needed = [{name} for name in other.all] + ([set(other.any)] if other.any else [])
    tasks = set(one.any) | set(other.any)
    one_task = all(name.startswith("task:") for name in tasks) and not set(one.any) & set(other.any)
    return one_task or any(all(ruled_out(name, one) for name in names) for names in needed)


def ruled_out(name: str, rule: CapabilityRule) -> bool:
    """Whether a fact cannot be stated where the rule holds: with an item its list is stated, with a price a listing."""
    group = name.partition(":")[0]
    lists = {"input": "input_modalities", "output": "output_modalities"}
    return name in rule.none or lists.get(group, LISTED.get(group, name)) in rule.none


LISTED = {"parameter": "input_modalities", "described": "input_modalities"}
"""Facts of a listing alone, which always states what the model takes."""


def test_no_two_capabilities_share_an_address() -> None:
    addresses = {rule.name: capability_uri(rule.categories[0], rule.name) for rule in ABILITIES}
    assert len(set(addresses.values())) == len(addresses)
    assert all(re.fullmatch(r"capability://[a-z0-9]+(\.[a-z0-9]+)*", address) for address in addresses.values())


def test_an_address_that_was_published_stays_and_a_new_one_is_written_down() -> None:
    stated = (Path(__file__).parent / "capability_uris.txt").read_text().split()
    assert {capability_uri(rule.categories[0], rule.name) for rule in ABILITIES} == {*stated}


def test_no_two_failure_modes_share_an_id_or_a_text() -> None:
    assert len({mode.id for mode in MODES}) == len({mode.text for mode in MODES}) == len(MODES)


def test_categories_types_and_risks_are_those_of_the_format() -> None:
    assert {category for rule in ABILITIES for category in rule.categories} <= set(get_args(CapabilityCategory))
    assert {row.value for row in BOOK.issuing.type} <= set(get_args(ArtifactType))
    assert {row.value for row in BOOK.issuing.risk} <= set(get_args(Risk))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
def test_every_failure_mode_falls_under_known_terms_or_none(mode: FailureMode) -> None:
    assert all(TAXONOMY.fullmatch(term) for term in mode.taxonomy)


def test_the_documents_have_the_sentence_of_each_term_and_name_each_mode_without_one() -> None:
    page = (Path(__file__).parents[3] / "docs/taxonomies.md").read_text()
    rows = re.findall(r"^\| (\S+:\S+) \| ([^|]{20,}) \| ([^|]+) \|$", page, re.MULTILINE)
    shown = {(mode, term) for term, _, modes in rows for mode in modes.split(", ")}
    named = {(mode.id, term) for mode in MODES for term in mode.taxonomy}
    assert shown == named | {("data-access-risk", term) for term in RISK_TAXONOMY}
    without = page.partition("they name no term:")[2].partition(".\n")[0]
    assert set(re.split(r",\s+", without.strip())) == {mode.id for mode in MODES if not mode.taxonomy}


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


def test_a_class_mode_comes_with_a_capability_or_says_itself_when_it_holds() -> None:
    for mode in MODES:
        own = bool(compiled(mode).all or mode.any)
        assert own is (mode.stated or mode.id not in NAMED), mode.id
    assert {mode.id for mode in MODES if not mode.stated} - NAMED == {"free-offer-limited", "operator-moderates"}


def test_evidence_of_a_class_leads_to_its_rule() -> None:
    assert rule_at("/failure_modes/confabulation") in MODES
    assert rule_at("/risk/intermediary") in BOOK.issuing.risk
    assert rule_at("/merged/injections") in BOOK.failure_modes.merged
    assert rule_at("/failure_modes/announced-end") is None
    assert rule_at("/failure_modes/none") is None


def changed(table: str, change: dict[str, Any]) -> dict[str, Any]:
    tables = {name.removesuffix(".toml"): tomllib.loads(table_text(name)) for name in (*PARSED, "failure_modes.toml")}
    tables[table] = {**tables[table], **change}
    return {**tables, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("issuing", {"type": [{"value": "api", "all": ["routed_price"]}]}, "last row of type"),
        ("issuing", {"shelf": []}, "shelf"),
        ("capabilities", {"capability": [{**ABILITIES[0].model_dump(), "limits": ["announced-end"]}]}, "announced-end"),
        ("failure_modes", {"failure_mode": [{"id": "x"}]}, "stated"),
        ("failure_modes", {"failure_mode": [{**MODES[0].model_dump(), "same_as": ["gone"]}]}, "'gone'"),
        ("failure_modes", {"failure_mode": [], "merged": [], "rank": NO_RANKS}, "names no class-level failure mode"),
        (
            "failure_modes",
            {"failure_mode": MODES[:1], "merged": [], "rank": NO_RANKS},
            f"failure modes {{'{MODES[0].id}'}}",
        ),
        ("failure_modes", {"rank": RANKS[:-1]}, "one the rest"),
        ("failure_modes", {"rank": [*RANKS, RANKS[0]]}, "the ranks name twice"),
        ("failure_modes", {"rank": [RANKS[0] | {"modes": ["boredom"]}, *RANKS[1:]]}, "'boredom'"),
        (
            "failure_modes",
            {"merged": [MERGED | {"parts": {"one": "a", "announced-end": "b"}}]},
            "no class-level failure mode",
        ),
        ("issuing", {"confidence": HELD_TO | {"measured": {"chat": CHAT | {"figure": 0.9}}}}, "3 of 3"),
        ("issuing", {"confidence": HELD_TO | {"measured": {"chat": CHAT | {"confirmed": 4, "figure": 1.0}}}}, "4 of 3"),
        ("issuing", {"confidence": HELD_TO | {"measured": {}}}, "at least 1 item"),
        ("issuing", {"confidence": HELD_TO | {"method": {"tag": {"pooled": CHAT}}}}, "no comparison"),
        ("issuing", {"confidence": HELD_TO | {"denied": {**DENIED, "figure": 0.9}}}, "1 of 2"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(table: str, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Rulebook.model_validate(changed(table, change), strict=False)


def test_each_confidence_is_what_its_counts_give() -> None:
    held = ISSUING.confidence
    ways = [held.measured, *(method.measured for method in held.method.values())]
    counted = [*chain.from_iterable(way.values() for way in ways), held.method["described"].pooled]
    assert all(one and one.figure == round((one.confirmed + 1) / (one.compared + 2), 2) for one in counted)
    assert {*held.measured} <= {rule.name for rule in ABILITIES}
    assert all({*method.measured} <= {rule.name for rule in ABILITIES} for method in held.method.values())


def test_the_documents_give_each_confidence_and_its_counts() -> None:
    stated = (Path(__file__).parents[3] / "docs/accuracy.md").read_text()
    for name, one in ISSUING.confidence.measured.items():
        assert f"| {name} | {one.confirmed} | {one.compared} | {one.figure:.2f} |" in stated
    denied = ISSUING.confidence.denied
    assert f"| what another source denies | {denied.confirmed} | {denied.compared} | {denied.figure:.2f} |" in stated
    assert "| any other | | | null |" in stated


def confidences() -> Confidence:
    one, two = {"confirmed": 1, "compared": 1, "figure": 0.67}, {"confirmed": 2, "compared": 2, "figure": 0.75}
    dance = {"confirmed": 2, "compared": 3, "figure": 0.6}
    methods = {
        "task": {"comparison": "terns", "measured": {"chat": one}},
        "tag": {},
        "described": {"comparison": "gulls", "pooled": two},
    }
    return Confidence.model_validate(HELD_TO | {"measured": {"chat": CHAT, "dance": dance}, "method": methods})


@pytest.mark.parametrize(
    ("capability", "shown_by", "figure"),
    [
        ("chat", set(), 0.8), ("chat", {"output"}, 0.8), ("poetry", set(), None), ("chat", {"output", "task"}, 0.8),
        ("chat", {"task"}, 0.67), ("poetry", {"task"}, None), ("chat", {"task", "tag"}, None),
        ("chat", {"described"}, 0.75), ("dance", {"described"}, 0.6), ("poetry", {"described"}, None),
    ],
)  # fmt: skip
def test_a_claim_takes_the_figure_of_what_shows_it(capability: str, shown_by: set[str], figure: float | None) -> None:
    certainty = confidences().of(capability, shown_by)
    assert certainty.figure == figure
    assert (certainty.basis == "stated") is (figure is None)


def test_the_basis_of_a_confidence_names_the_comparison_and_its_counts() -> None:
    assert confidences().of("chat").basis == "3 of 3 such claims confirmed by owls"
    assert confidences().of("chat", {"task"}).basis == "1 of 1 such claims confirmed by terns"


@pytest.mark.parametrize(
    ("capability", "figure", "basis"),
    [("chat", 0.4, "3 of 3 such claims confirmed by owls"), ("poetry", 0.5, "stated")],
)
def test_what_another_source_denies_is_worth_what_denied_claims_were(
    capability: str, figure: float, basis: str
) -> None:
    stated = "; denied by marsh, reed, and 1 of 2 denied claims confirmed by owls"
    assert confidences().of(capability, denied_by=("marsh", "reed")) == (figure, basis + stated)


@pytest.mark.recordings
def test_the_counts_of_the_confidences_are_those_of_the_recordings() -> None:
    recordings_dir()
    ours = accuracy.claims()
    makers = accuracy.of_makers(ours)
    counts = accuracy.confirmed(ours, makers)
    assert accuracy.denied(ours, makers) == (ISSUING.confidence.denied.confirmed, ISSUING.confidence.denied.compared)
    held = ISSUING.confidence.measured
    assert {one.capability: (one.both, one.claimed) for one in counts} == {
        name: (one.confirmed, one.compared) for name, one in held.items()
    }


def test_the_digest_pins_the_tables() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", BOOK.sha256)
    assert rulebook() is BOOK
    read_apart = {
        "failure_modes.toml",
        "cards.toml",
        "languages.toml",
        "descriptions.toml",
        "precedence.toml",
        "purposes.toml",
        "declared.toml",
        "instructions.toml",
        "clauses.toml",
    }
    assert {*PARSED, *read_apart} == set(TABLES)


@pytest.mark.parametrize("wording", [Wording, ForeignWording])
def test_a_wording_of_an_unknown_failure_mode_is_refused_by_its_field(wording: type[Wording | ForeignWording]) -> None:
    row = {"mode": "singing", "kind": "limitation", "patterns": ["sings"]}
    with pytest.raises(ValidationError, match=r"mode\n.*names the failure mode 'singing', which failure_modes.toml"):
        wording.model_validate(row)
