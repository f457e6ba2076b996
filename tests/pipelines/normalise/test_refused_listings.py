"""Records of OpenRouter's list that cannot be read: quarantined with their place, whatever they hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.normalise.admit import admit
from schemas.listing import Listing, Quarantined
from tests.support.listings import MODEL, raw, raw_body, record, refused

MANDATORY = [
    "id", "name", "architecture", "context_length", "supported_parameters", "pricing", "architecture.input_modalities",
    "architecture.output_modalities", "pricing.prompt", "pricing.completion",
]  # fmt: skip

ELSEWHERE: dict[str, list[Any]] = {
    "id": [None, 1, "", "heron", "A/b", "a/b/c", "a/b:", "a/\u202eb", "a/b\n", [], "../../etc/passwd"],
    "name": [None, 1, "", "   ", "a\nb", "Heron\u202e7B", "\u0007", "n" * 201, {}],
    "canonical_slug": [1, {}, "a\x00b", "a" * 201],
    "hugging_face_id": [
        1,
        [],
        "a\u2066b",
        "javascript:alert(1)",
        "gpt2",
        "https://huggingface.co/a/b",
        "a/-b",
        "a/b/c",
        "../b",
    ],
    "created": ["1", -1, 1.5, True, 253_402_300_800, 2**60],
    "description": [1, {}, []],
    "context_length": ["65536", -1, 1.5, True, [], 2**53],
    "architecture": [None, [], "text"],
    "architecture.input_modalities": [None, "text", [1], [None], [""], {}, ["te\u202ext"]],
    "architecture.output_modalities": [None, "text", [["text"]]],
    "architecture.tokenizer": [1, {}],
    "top_provider": [[], "x", 1],
    "top_provider.context_length": ["1", -1, 0.5],
    "top_provider.max_completion_tokens": ["1", -1, True],
    "top_provider.is_moderated": [1, "no", []],
    "per_request_limits": [[], "x"],
    "supported_parameters": [None, "tools", [1], {}, ["to\nols"]],
    "supported_voices": ["alto", [1]],
    "reasoning": [[], True],
    "knowledge_cutoff": [
        1,
        "2024-13",
        "2024-02-30",
        "soon",
        "20240630",
        "2024-W01-1",
        "0001-01-01",
        "2024-06-30T00:00Z",
    ],
    "expiration_date": ["2026-06", "2026-02-30", "20260630", 20260630, "1 June", {}],
    "pricing": [None, [], "0.1"],
    "pricing.prompt": [None, "-1", "x", {}, True, "1e99", "0x1"],
    "pricing.completion": [None, "-0.1", ""],
    "alias_target": ["a/b", [], {}, {"slug": None}, {"slug": "no-slash"}, {"slug": "A/b"}],
}


def without(field: str) -> dict[str, Any]:
    made = record()
    outer, _, inner = field.partition(".")
    if inner:
        del made[outer][inner]
    else:
        del made[outer]
    return made


@pytest.mark.parametrize("field", MANDATORY)
def test_a_missing_mandatory_field_is_quarantined_with_its_place_and_the_record(field: str) -> None:
    came = raw(without(field))
    refusal = refused(came)
    assert (refusal.stage, refusal.field) == ("normalise", "/" + field.replace(".", "/"))
    assert "is missing" in refusal.reason
    assert (refusal.raw, refusal.source, refusal.observed_at) == (came.body, came.source, came.observed_at)


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in ELSEWHERE.items() for value in values]
)
def test_a_field_of_another_type_or_hostile_content_is_quarantined_with_its_place(field: str, value: Any) -> None:
    refusal = refused(raw(record(**{field: value})))
    assert refusal.stage == "normalise"
    assert refusal.field.startswith("/" + field.replace(".", "/"))
    assert refusal.reason


OPTIONAL = [
    "canonical_slug", "hugging_face_id", "created", "description", "top_provider", "per_request_limits", "links",
    "supported_voices", "default_parameters", "architecture.tokenizer", "architecture.instruct_type",
    "architecture.modality", "top_provider.context_length", "top_provider.max_completion_tokens",
    "top_provider.is_moderated",
]  # fmt: skip


@pytest.mark.parametrize("field", OPTIONAL)
def test_an_optional_field_may_be_missing_or_null(field: str) -> None:
    assert isinstance(admit(raw(without(field))), Listing)
    assert isinstance(admit(raw(record(**{field: None}))), Listing)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*MODEL, "x"]), inner, max_size=4),
        max_leaves=12,
    ),
    st.sampled_from([*MODEL, "reasoning", "alias_target", "expiration_date", "knowledge_cutoff"]),
)
def test_whatever_a_field_holds_the_record_is_read_or_quarantined(value: Any, field: str) -> None:
    assert isinstance(admit(raw(record(**{field: value}))), Listing | Quarantined)


@pytest.mark.parametrize("body", ["", "[]", '"x"', "<html>", '{"id": NaN}', "{", "[" * 5000])
def test_a_body_that_is_no_object_is_quarantined_whole(body: str) -> None:
    refusal = refused(raw_body(body))
    assert (refusal.stage, refusal.field, refusal.raw) == ("normalise", "", body)


@pytest.mark.parametrize(
    ("field", "items"),
    [
        ("supported_parameters", [f"parameter-{n}" for n in range(100_000)]),
        ("supported_voices", ["alto"] * 5_001),
        ("pricing.overrides", [{"min_prompt_tokens": 1}] * 5_001),
        ("pricing", {"prompt": "1", "completion": "1", **{f"kind_{n}": "1" for n in range(100_000)}}),
    ],
)
def test_a_list_that_is_longer_than_can_be_meant_is_refused_before_its_items_are_read(field: str, items: Any) -> None:
    refusal = refused(raw(record(**{field: items})))
    assert (refusal.stage, refusal.field) == ("normalise", "/" + field.replace(".", "/"))
    assert "are read" in refusal.reason


def test_a_list_as_long_as_can_be_meant_is_read() -> None:
    parameters = [f"parameter-{n}" for n in range(5_000)]
    listing = admit(raw(record(supported_parameters=parameters)))
    assert isinstance(listing, Listing)
    assert len(listing.unfamiliar) == len(parameters)
