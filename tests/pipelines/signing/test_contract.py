"""The contract's answers: quick where a document conforms, bounded and to the point where it does not."""

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.signing.contract import ContractError, conforms, explain_first, schema_text
from tests.support.contract.documents import full, minimal
from tests.support.contract.judges import explain

UNFRAGILE = "/passport/unfragile"


def spoilt(section: str, key: str, value: object) -> dict[str, Any]:
    document = full()
    document["passport"]["unfragile"][section][key] = value
    return document


def test_good_document_has_nothing_to_explain() -> None:
    assert conforms(full())
    assert explain(full()) == []
    assert explain_first(full()) is None


@pytest.mark.parametrize(
    ("document", "refusal"),
    [
        (
            spoilt("trust", "score", 120),
            ContractError(f"{UNFRAGILE}/trust/score", "contains 120; allowed: 100 or less"),
        ),
        (
            spoilt("trust", "score", "24"),
            ContractError(f"{UNFRAGILE}/trust/score", "contains '24'; allowed: a whole number"),
        ),
        (
            spoilt("trust", "data_access_risk", "medium"),
            ContractError(
                f"{UNFRAGILE}/trust/data_access_risk", "contains 'medium'; allowed: one of low, moderate, high"
            ),
        ),
        (
            spoilt("artifact", "slug", "Acme"),
            ContractError(
                f"{UNFRAGILE}/artifact/slug",
                "contains 'Acme'; allowed: slug (Lower-case letters, digits, dot, underscore and hyphen; begins with a "
                "letter or digit; at most 200 characters)",
            ),
        ),
        (
            spoilt("trust", "permissions", ["a key", "a key"]),
            ContractError(f"{UNFRAGILE}/trust/permissions", "contains a list of 2 items; allowed: each item only once"),
        ),
        (
            spoilt("artifact", "surprise", 1),
            ContractError(f"{UNFRAGILE}/artifact", "has keys that the format does not have: 'surprise'"),
        ),
    ],
    ids=["bound", "type", "list of words", "form", "repetition", "unknown key"],
)
def test_reason_says_what_is_there_and_what_is_allowed(document: dict[str, Any], refusal: ContractError) -> None:
    assert explain(document) == [refusal]
    assert explain_first(document) == refusal


def test_missing_key_is_named_with_what_belongs_there() -> None:
    document = minimal()
    del document["passport"]["unfragile"]["trust"]["score"]
    [refusal] = explain(document)
    assert refusal.pointer == f"{UNFRAGILE}/trust/score"
    assert refusal.reason.startswith("is missing: round(100 ")


def test_every_refusal_is_reported() -> None:
    document = spoilt("trust", "score", 120)
    document["passport"]["unfragile"]["artifact"]["slug"] = ""
    del document["passport"]["expiresAt"]
    assert {refusal.pointer for refusal in explain(document)} == {
        f"{UNFRAGILE}/trust/score",
        f"{UNFRAGILE}/artifact/slug",
        "/passport/expiresAt",
    }


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (5, "contains 5; allowed: timestamp or null"),
        ("soon", "contains 'soon'; allowed: timestamp (UTC with milliseconds and Z: \"2026-06-15T14:50:47.607Z\")"),
    ],
)
def test_of_several_branches_the_nearest_is_explained(stated: object, message: str) -> None:
    document = minimal()
    document["passport"]["unfragile"]["trust"]["maintenance"]["last_commit"] = stated
    assert message in [refusal.reason for refusal in explain(document)]


HOSTILE_TEXTS = ("x" * 100_000, "\x1b[31m" * 500, "\u202e" * 500, "\U000e0001" * 500)


def assert_harmless(refusals: list[ContractError]) -> None:
    assert refusals
    for refusal in refusals:
        assert len(refusal.reason) < 400
        assert refusal.reason.isprintable()
        assert len(refusal.pointer) < 100


@pytest.mark.parametrize("key", HOSTILE_TEXTS, ids=["long", "escapes", "right to left", "tags"])
def test_hostile_keys_are_escaped_and_cut(key: str) -> None:
    document = minimal()
    document["passport"] |= {f"{key}{number}": 1 for number in range(5)}
    assert_harmless(explain(document))


@pytest.mark.parametrize("place", range(6))
def test_hostile_values_are_escaped_and_cut(place: int) -> None:
    values = (*HOSTILE_TEXTS, 10**4000, ["y" * 999] * 999)
    assert_harmless(explain(spoilt("artifact", "status", values[place])))


@pytest.mark.parametrize(
    "document",
    [spoilt("artifact", "slug", "\ud800"), spoilt("trust", "score", float("nan")), {1: 2}, {"passport": {1, 2}}],
    ids=["lone surrogate", "NaN", "key that is not a text", "set"],
)
def test_what_is_no_json_is_refused_without_raising(document: object) -> None:
    assert not conforms(document)
    assert explain_first(document) is not None


def test_tuples_pass_as_lists_before_both_judges() -> None:
    document = spoilt("trust", "permissions", ("an API key",))
    assert conforms(document)
    assert explain(document) == []


@pytest.mark.parametrize("spoilt_at", ["keyId", "evidence", "starting_price"])
def test_the_first_reason_costs_the_same_however_large_the_document_is(spoilt_at: str) -> None:
    costs = []
    for size in (1, 500):
        document = full()
        unfragile = document["passport"]["unfragile"]
        unfragile["evidence"] *= size
        match spoilt_at:
            case "keyId":
                document["passport"]["keyId"] = 5
            case "evidence":
                unfragile["evidence"][-1] = {**unfragile["evidence"][-1], "method": "guess"}
            case _:
                unfragile["artifact"]["pricing"]["starting_price"] = 5
        assert not conforms(document)
        costs.append(calls_of(lambda document=document: explain_first(document)))
    assert costs[0] == costs[1] < 2_000


def calls_of(work: Callable[[], object]) -> int:
    """How many calls of Python functions some work takes, the second time.

    Without the garbage collector: where Hypothesis was imported before, each collection calls a function of it twice.
    """
    work()
    calls = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    gc.disable()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return calls


def test_conforming_documents_are_recognised_without_loading_the_thorough_judge() -> None:
    asked = (
        "import json, sys; from pipelines.signing.contract import explain_first;"
        "assert explain_first(json.load(sys.stdin)) is None; assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", asked], input=json.dumps(full()), text=True, check=True)


def test_the_text_of_the_schema_is_the_schema() -> None:
    assert json.loads(schema_text())["title"] == "Trust passport"
