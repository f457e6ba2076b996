import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.passport.digests import facts_digest, payload_digest
from schemas.listing import Listing
from tests.support.listings import (
    admitted,
    endpoints,
    listing,
    passport,
    raw,
    raw_body,
    raw_endpoints,
    record,
    statement,
)
from tests.support.listings import subject as subject_of

RICH: dict[str, Any] = {
    "supported_parameters": ["tools", "seed", "logprobs", "response_format", "telepathy"],
    "reasoning": {"supported_efforts": ["high", "low"]},
    "supported_voices": ["alto", "bass"],
    "expiration_date": "2026-05-01",
    "top_provider.context_length": 1024,
    "architecture.input_modalities": ["text", "image", "file", "smell"],
    "architecture.output_modalities": ["text", "image", "audio"],
    "pricing.overrides": [{"min_prompt_tokens": 5, "prompt": "1e-7"}, {"min_prompt_tokens": 9, "prompt": "2e-7"}],
}
SERVED = [
    {"tag": "a"},
    {"tag": "b", "quantization": "bf16"},
    {"provider_name": "Fen", "tag": "a", "quantization": None},
]
FREE = listing(id="heron-lab/heron-7b:free")
OVERRIDES_HAVE_ORDER = "/pricing/overrides"


def digests(*listings: Listing) -> tuple[str, str]:
    return payload_digest(statement(*listings)), facts_digest(subject_of(*listings).listings())


SAME = digests(listing(**RICH), FREE, endpoints(*SERVED))


def shuffled(value: Any, draw: Any, at: str = "") -> Any:
    """The same JSON with every array in another order, but for the one whose order the source gives a meaning."""
    if isinstance(value, dict):
        return {key: shuffled(inner, draw, f"{at}/{key}") for key, inner in draw(st.permutations(list(value.items())))}
    if isinstance(value, list):
        inner = [shuffled(item, draw, at) for item in value]
        return inner if at == OVERRIDES_HAVE_ORDER else draw(st.permutations(inner))
    return value


@given(st.data(), st.sampled_from([None, 1, "\t"]))
def test_neither_order_nor_whitespace_is_substance(data: Any, indent: Any) -> None:
    model = raw_body(json.dumps(shuffled(record(**RICH), data.draw), indent=indent))
    made = json.loads(raw_endpoints(*SERVED).body)
    served = raw_body(json.dumps(shuffled(made, data.draw), indent=indent), source="openrouter-endpoints")
    # Spiders write bodies with sorted keys: the order of prices in a passport is that of the keys.
    listings = [admitted(raw(json.loads(model.body))), FREE, admitted(served)]
    assert digests(*data.draw(st.permutations(listings))) == SAME


@pytest.mark.parametrize(
    "changes",
    [
        {"context_length": 65_535}, {"supported_parameters": ["tools"]}, {"name": "Heron"},
        {"knowledge_cutoff": "2024-01"},
        {"pricing.prompt": "0.00000021"}, {"pricing.completion": "0.00000061"}, {"pricing.request": "0.1"},
        {"hugging_face_id": "HeronLab/x"}, {"canonical_slug": "x/y"}, {"top_provider.max_completion_tokens": 1},
        {"expiration_date": "2026-07-01"}, {"created": 1}, {"top_provider.is_moderated": True},
        {"architecture.input_modalities": ["text", "image"]}, {"architecture.output_modalities": ["image"]},
        {"reasoning": {"mandatory": True}}, {"description": "cut..."}, {"per_request_limits": {"prompt_tokens": 1}},
    ],
)  # fmt: skip
def test_what_a_source_changes_changes_both_digests(changes: dict[str, Any]) -> None:
    before, after = digests(listing()), digests(listing(**changes))
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_order_of_conditional_prices_is_substance() -> None:
    turned = {**RICH, "pricing.overrides": RICH["pricing.overrides"][::-1]}
    assert digests(listing(**turned), FREE, endpoints(*SERVED))[0] != SAME[0]


def test_an_offer_an_alias_and_a_provider_are_substance() -> None:
    alias = listing(id="~heron-lab/latest", alias_target={"slug": "heron-lab/heron-7b"})
    for more in (FREE, alias, endpoints({})):
        assert digests(listing(), more) != digests(listing())
    assert digests(listing(), endpoints({"status": -1})) != digests(listing(), endpoints({}))


def test_uptime_is_not_substance() -> None:
    one, two, silent = ({"uptime_last_30m": uptime} for uptime in (99.8, 97.31, None))
    assert (
        digests(listing(), endpoints(one))
        == digests(listing(), endpoints(two))
        == digests(listing(), endpoints(silent))
    )


@pytest.mark.parametrize("field", ["benchmarks", "links", "default_parameters", "aura", "architecture.modality"])
def test_what_nobody_reads_is_not_substance(field: str) -> None:
    assert digests(listing(**{field: {"rank": 7}})) == digests(listing())


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items:
        yield path
    for key, inner in items:
        yield from leaves(inner, (*path, key))


NOT_SUBSTANCE = {
    ("trust", "score"), ("trust", "rank_breakdown"), ("trust", "freshness"), ("provenance",),
    ("trust", "score_basis"), ("trust", "assessment"),
    ("trust", "maintenance", "updated_at"), ("trust", "maintenance", "last_scraped_at"),
}  # fmt: skip
OF_EVIDENCE = {"path", "source", "taxonomy"}
OF_A_SIDE = {"value", "source", "scope"}


def is_substance(path: tuple[str | int, ...]) -> bool:
    if any(path[: len(prefix)] == prefix for prefix in NOT_SUBSTANCE) or path[-1] == "uptime_percent":
        return False
    if path[0] == "evidence":
        return path[2] in OF_EVIDENCE
    return path[0] != "conflicts" or path[2] == "path" or path[4] in OF_A_SIDE


def test_every_leaf_is_substance_but_those_that_are_named() -> None:
    unfragile = passport(listing(**RICH), FREE, endpoints(*SERVED))["unfragile"]
    digest = payload_digest(unfragile)
    for path in leaves(unfragile):
        changed = copy.deepcopy(unfragile)
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = "changed"
        assert (payload_digest(changed) != digest) is is_substance(path), path
