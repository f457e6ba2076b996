import json
from typing import Any

import orjson
import pytest

from flows.demo.recording import endpoints as demo_endpoints
from flows.demo.recording import models as demo_models
from pipelines.formats.json_pointer import resolve
from pipelines.merge.gather import gather
from pipelines.normalise.admit import admit
from pipelines.passport.document import IssueContext, draft
from pipelines.rules.gates import default_gates
from pipelines.rules.rulebook import rule_at, rulebook
from schemas.listing import Listing, RawListing
from schemas.passport.evidence import Evidence
from schemas.times import instant
from tests.support.listings import SEEN, TERMS, admitted, raw, raw_endpoints, record, statement, unshown
from tests.support.recordings import openrouter_models, recordings_dir

DAYS = [
    "2025-12-18", "2026-01-29", "2026-03-19", "2026-04-07", "2026-04-22", "2026-04-23", "2026-04-28", "2026-04-29",
    "2026-05-01", "2026-06-18",
]  # fmt: skip

RICH = record(
    description="\u202eThe heron stands and waits...",
    reasoning={"mandatory": True, "supported_efforts": ["low", "high"]},
    knowledge_cutoff="2025-06",
    expiration_date="2026-05-30",
    supported_parameters=["tools", "response_format", "reasoning", "parallel_tool_calls", "logprobs", "seed",
    "telepathy"],
    per_request_limits={"prompt_tokens": 1000, "completion_tokens": 10},
    context_length=1_048_576,
    **{
        "architecture.input_modalities": ["image", "text", "file", "audio", "video"],
        "architecture.output_modalities": ["text", "image", "audio"],
        "top_provider.max_completion_tokens": 0,
        "top_provider.is_moderated": True,
        "pricing.input_cache_read": "5.0e-8",
        "pricing.overrides": [
            {"min_prompt_tokens": 200_000, "prompt": "0.0000004", "completion": "0.0000012"},
            {"utc_start": 1600, "utc_end": 400, "prompt": "0.0000001"},
        ],
    },
)  # fmt: skip
FREE = record(id="heron-lab/heron-7b:free", pricing={"prompt": "0", "completion": "0"})
BATCH = record(id="heron-lab/heron-7b:batch")
ALIAS = record(id="~heron-lab/latest", alias_target={"slug": "heron-lab/heron-7b", "name": "x"})
SERVED = raw_endpoints(
    {"uptime_last_30m": 12.50},
    {"quantization": "bf16", "status": -2, "uptime_last_30m": 90},
    {"quantization": "unknown"},
)
RAWS = [raw(RICH), raw(FREE), raw(BATCH), raw(ALIAS), SERVED]

CASES = {
    "rich": RAWS,
    "plain": [raw(record())],
    "served by one": [raw(record()), raw_endpoints({})],
    "router": [raw(record(pricing={"prompt": "-1", "completion": "-1"}, supported_parameters=[]))],
    "orphan variant": [raw(FREE)],
    "ending": [raw(record(expiration_date="2026-07-01"))],
    "of unknown kind": [raw(record(**{"architecture.output_modalities": ["smell"]}))],
}


def wanting(unfragile: dict[str, Any]) -> list[str]:
    """Statements that have no evidence."""
    shown = {entry["path"] for entry in unfragile["evidence"]}
    model = unfragile["artifact"]["model"]
    wanted = [
        "/artifact/status",
        "/artifact/pricing/model",
        "/artifact/pricing/starting_price",
        "/trust/data_access_risk",
    ]
    wanted += [f"/trust/failure_modes/{n}" for n in range(len(unfragile["trust"]["failure_modes"]))]
    for place, capability in enumerate(unfragile["capabilities"]):
        wanted.append(f"/capabilities/{place}")
        wanted += [f"/capabilities/{place}/limitations/{n}" for n in range(len(capability["limitations"]))]
    wanted += [f"/artifact/model/{key}" for key, value in model.items() if value and not isinstance(value, list | dict)]
    blocks = {key: value for key, value in model.items() if isinstance(value, dict)}
    wanted += [
        f"/artifact/model/{key}/{inner}"
        for key, block in blocks.items()
        for inner, value in block.items()
        if value and not inner.endswith("as_of") and inner not in ("period", "providers", "regions")
    ]
    wanted += [
        f"/artifact/model/{key}/{n}" for key in ("prices", "offers", "providers") for n in range(len(model[key]))
    ]
    for key in ("offers", "providers"):
        for place, part in enumerate(model[key]):
            wanted += [f"/artifact/model/{key}/{place}/prices/{n}" for n in range(len(part["prices"]))]
    wanted += [f"/artifact/model/providers/{n}/status" for n in range(len(model["providers"]))]
    return [path for path in wanted if path not in shown]


def read(raws: list[RawListing]) -> list[Listing]:
    return [one for one in map(admit, raws) if isinstance(one, Listing)]


@pytest.mark.parametrize("case", CASES)
def test_every_statement_has_evidence(case: str) -> None:
    assert wanting(statement(*map(admitted, CASES[case]))) == []


@pytest.mark.parametrize("case", CASES)
def test_every_locator_leads_to_what_is_stated(case: str) -> None:
    assert unshown(statement(*map(admitted, CASES[case])), CASES[case]) == []


@pytest.mark.parametrize("case", CASES)
def test_every_entry_is_evidence_by_the_schema_and_about_something_there(case: str) -> None:
    unfragile = statement(*map(admitted, CASES[case]))
    for entry in unfragile["evidence"]:
        Evidence.model_validate_json(orjson.dumps(entry))
        if entry["path"] != "/artifact/pricing/starting_price":
            assert resolve(unfragile, entry["path"]) is not None


def test_what_is_quoted_word_for_word_is_caught_when_it_is_not() -> None:
    unfragile = statement(*map(admitted, RAWS))
    entry = next(entry for entry in unfragile["evidence"] if entry["path"] == "/artifact/model/context_tokens")
    entry["value"] = 1
    assert unshown(unfragile, RAWS) == ["/artifact/model/context_tokens"]


def test_class_evidence_leads_to_the_rule_and_pins_it() -> None:
    entries = [e for e in statement(*map(admitted, RAWS))["evidence"] if e["method"] == "class"]
    assert len(entries) > 5
    for entry in entries:
        assert rule_at(entry["locator"]) is not None
        assert entry["content_sha256"] == rulebook().sha256
        assert (entry["asserted_by"], entry["observed_at"]) == ("class", SEEN)


def test_a_hostile_description_reaches_the_passport_only_as_a_clean_quote() -> None:
    entries = [e for e in statement(*map(admitted, RAWS))["evidence"] if "quote" in e and e["method"] == "pattern"]
    assert {entry["quote"] for entry in entries} == {"The heron stands and waits...", "7B"}


def test_the_demo_shows_all_that_it_states() -> None:
    raws = [raw(model) for model in demo_models()]
    served = [
        raw({**answer["data"], "id": listing_id}, "openrouter-endpoints")
        for listing_id, answer in demo_endpoints().items()
    ]
    assert_all_shown([*raws, *served], "2026-04-22T12:00:00.000Z")


@pytest.mark.recordings
@pytest.mark.parametrize("day", DAYS)
def test_a_recorded_day_shows_all_that_it_states(day: str) -> None:
    assert_all_shown([raw(model) for model in openrouter_models(day)], f"{day}T12:00:00.000Z")


@pytest.mark.recordings
def test_recorded_endpoints_show_all_that_they_state() -> None:
    served = [
        raw({key: model[key] for key in ("id", "name", "endpoints")}, "openrouter-endpoints")
        for model in openrouter_endpoints()
    ]
    assert_all_shown([*(raw(model) for model in openrouter_models("2026-06-18")), *served], "2026-07-12T12:00:00.000Z")


def openrouter_endpoints() -> list[dict[str, Any]]:
    document = json.loads((recordings_dir() / "data/openrouter/endpoints_2026-07-12.json").read_bytes())
    models: list[dict[str, Any]] = document["models"]
    return models


def assert_all_shown(raws: list[RawListing], now: str) -> None:
    terms = IssueContext(TERMS.issuer, default_gates(), instant(now), TERMS.key_id)
    subjects, came = gather(read(raws)).subjects, {one.content_sha256: one for one in raws}
    assert len(subjects) > 5
    for subject in subjects:
        unfragile = json.loads(orjson.dumps(draft(subject, terms).unfragile))
        assert wanting(unfragile) == [], subject.slug
        cited = {entry["content_sha256"] for entry in unfragile["evidence"]} & came.keys()
        assert unshown(unfragile, [came[sha256] for sha256 in cited]) == [], subject.slug
