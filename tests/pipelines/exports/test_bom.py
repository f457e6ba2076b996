import copy
import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from pipelines.exports.bom import bom
from tests.pipelines.exports.documents import HOSTILE_TEXTS, SITE, SLUG, documents, open_model, spoilt
from tests.support.contract.documents import full

VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def stated(document: dict[str, Any]) -> dict[str, Any]:
    body = bom(SITE, SLUG, document)
    assert VALIDATOR.validate_str(body.decode()) is None
    found: dict[str, Any] = json.loads(body)
    return found


@pytest.mark.parametrize("document", documents())
def test_a_bill_is_valid_by_the_schema(document: dict[str, Any]) -> None:
    assert stated(document)["metadata"]["component"]["type"] == "machine-learning-model"


@pytest.mark.parametrize("by", HOSTILE_TEXTS)
def test_hostile_texts_leave_it_valid_and_bounded(by: str) -> None:
    body = bom(SITE, SLUG, spoilt(full(), by))
    assert VALIDATOR.validate_str(body.decode()) is None
    assert len(body) < 100_000
    assert "\u202e" not in body.decode()
    assert all(
        one["url"].startswith("https://") for one in json.loads(body)["metadata"]["component"]["externalReferences"]
    )


def test_a_bill_names_licence_repository_parents_and_task_as_others_do() -> None:
    component = stated(open_model())["metadata"]["component"]
    assert component["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert component["purl"] == "pkg:huggingface/Acme/Tern-1.5"
    assert [one["purl"] for one in component["pedigree"]["ancestors"]] == ["pkg:huggingface/Acme/Tern-1.5-Base"]
    assert component["modelCard"]["modelParameters"]["task"] == "text-generation"
    assert component["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0]["value"] == "61.30"
    own = open_model()
    own["passport"]["unfragile"]["artifact"]["model"]["licence"] = "Acme Community Licence"
    assert stated(own)["metadata"]["component"]["licenses"] == [{"license": {"name": "Acme Community Licence"}}]


def test_a_bill_leads_to_the_signed_passport() -> None:
    urls = {one["type"]: one["url"] for one in stated(full())["metadata"]["component"]["externalReferences"]}
    assert urls["attestation"] == f"https://registry.example/exports/dsse/{SLUG}.json"
    assert urls["evidence"] == f"https://registry.example/api/v1/passport/{SLUG}"


def test_a_bill_changes_with_the_model_and_not_with_prices_or_dates() -> None:
    document = full()
    other = copy.deepcopy(document)
    other["passport"]["signedAt"] = "2026-06-16T14:50:47.607Z"
    model = other["passport"]["unfragile"]["artifact"]["model"]
    model["prices"][0]["usd"], model["popularity"] = "0.5", {"rank": 3}
    assert bom(SITE, SLUG, document) == bom(SITE, SLUG, other)
    model["context_tokens"], model["parameter_count"] = 1, 2
    assert stated(document)["serialNumber"] != stated(other)["serialNumber"]
